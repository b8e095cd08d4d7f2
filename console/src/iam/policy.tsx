/** One managed policy: its text, and who has it. */
import { GetPolicyCommand, GetPolicyVersionCommand, ListEntitiesForPolicyCommand } from '@aws-sdk/client-iam';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useLoad } from '../data';
import { pathOf, To } from '../routing';
import { Copyable, ErrorAlert, when } from '../shell/parts';
import { t } from '../strings';
import { iam, textOf } from './api';

const s = t.iam.policies;

export default function PolicyPage({ arn }: { arn: string }) {
  const { data, error, loading } = useLoad(async () => {
    const { Policy } = await iam().send(new GetPolicyCommand({ PolicyArn: arn }));
    const version = await iam().send(
      new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId }),
    );
    const entities = await iam().send(new ListEntitiesForPolicyCommand({ PolicyArn: arn }));
    return { policy: Policy, text: textOf(version.PolicyVersion?.Document), entities };
  }, arn);
  if (loading) return <Spinner size="large" />;
  if (!data) return <ErrorAlert error={error} />;
  const { policy, text, entities } = data;
  const names = [
    ...(entities.PolicyUsers ?? []).map(({ UserName }) => `${t.iam.users.one} ${UserName}`),
    ...(entities.PolicyGroups ?? []).map(({ GroupName }) => `${t.iam.groups.one} ${GroupName}`),
  ];
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={policy?.Description}>
        {policy?.PolicyName}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'ARN', value: <Copyable text={arn} label="ARN" /> },
            { label: s.version, value: policy?.DefaultVersionId ?? t.none },
            { label: t.updated, value: when(policy?.UpdateDate) },
            {
              label: s.usedBy,
              value:
                names.length || entities.PolicyRoles?.length ? (
                  <>
                    {entities.PolicyRoles?.map(({ RoleName }) => (
                      <div key={RoleName}>
                        <To path={pathOf('iam', 'roles', RoleName ?? '')}>{RoleName}</To>
                      </div>
                    ))}
                    {names.map((name) => (
                      <div key={name}>{name}</div>
                    ))}
                  </>
                ) : (
                  t.none
                ),
            },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">{s.document}</Header>}>
        <pre className="document">{text}</pre>
      </Container>
    </SpaceBetween>
  );
}
