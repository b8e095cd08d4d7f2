/** Who can reach a bucket: each user and role, asked of the policy simulator with the bucket's policy. */
import { type EvaluationResult, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { iam, listRoles, listUsers } from '../iam/api';
import { pathOf, To } from '../routing';
import { List } from '../shell/list';
import { Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';

const s = t.s3.reach;
/** Principals that one press of the button asks about. */
const AT_A_TIME = 50;
const AT_ONCE = 5;
const ON_BUCKET = 's3:ListBucket';
const ON_OBJECTS = Object.keys(s.actions).filter((action) => action !== ON_BUCKET);

interface Who {
  arn: string;
  name: string;
  kind: 'user' | 'role';
}

interface Finding extends Who {
  results: Record<string, EvaluationResult>;
}

async function everyone(): Promise<Who[]> {
  const [users, roles] = await Promise.all([listUsers(), listRoles()]);
  return [
    ...users.map(({ Arn, UserName }) => ({ arn: Arn ?? '', name: UserName ?? '', kind: 'user' as const })),
    ...roles.map(({ Arn, RoleName }) => ({ arn: Arn ?? '', name: RoleName ?? '', kind: 'role' as const })),
  ];
}

async function simulate(who: Who, ActionNames: string[], resource: string, policy: string): Promise<EvaluationResult[]> {
  const asked = { PolicySourceArn: who.arn, ActionNames, ResourceArns: [resource] };
  // the simulator takes a resource's policy into account for users alone: of roles it says what their own policies allow
  const beside = policy && who.kind === 'user' ? { ResourcePolicy: policy, CallerArn: who.arn } : {};
  try {
    return (await iam().send(new SimulatePrincipalPolicyCommand({ ...asked, ...beside }))).EvaluationResults ?? [];
  } catch (error) {
    // it refuses a policy that does not speak of the resource
    if (!(error instanceof Error) || !error.message.includes('not applicable')) throw error;
    return (await iam().send(new SimulatePrincipalPolicyCommand(asked))).EvaluationResults ?? [];
  }
}

async function ask(who: Who, bucket: string, policy: string): Promise<Finding> {
  const arn = `arn:aws:s3:::${bucket}`;
  const found = await Promise.all([simulate(who, [ON_BUCKET], arn, policy), simulate(who, ON_OBJECTS, `${arn}/*`, policy)]);
  return { ...who, results: Object.fromEntries(found.flat().map((each) => [each.EvalActionName ?? '', each])) };
}

const reaches = (finding: Finding): boolean =>
  Object.values(finding.results).some(({ EvalDecision }) => EvalDecision === 'allowed');

function sourceOf(result: EvaluationResult | undefined): string {
  const id = result?.MatchedStatements?.[0]?.SourcePolicyId;
  if (!id) return '';
  return /resource/i.test(id) ? s.by(s.bucketPolicy) : s.by(id.split('/').pop() ?? id);
}

function Decision({ result }: { result: EvaluationResult | undefined }) {
  const source = sourceOf(result);
  const hint = source && <Box variant="small">{source}</Box>;
  switch (result?.EvalDecision) {
    case 'allowed':
      return (
        <>
          <StatusIndicator type="success">{s.allowed}</StatusIndicator> {hint}
        </>
      );
    case 'explicitDeny':
      return (
        <>
          <StatusIndicator type="error">{s.explicit}</StatusIndicator> {hint}
        </>
      );
    default:
      return <StatusIndicator type="stopped">{s.denied}</StatusIndicator>;
  }
}

/** The principals that a policy's Allow statements name. */
function named(policy: string): string[] {
  try {
    const { Statement } = JSON.parse(policy) as { Statement?: unknown };
    const found = [Statement ?? []].flat().flatMap((each) => {
      const { Effect, Principal } = each as { Effect?: string; Principal?: string | Record<string, string | string[]> };
      if (Effect !== 'Allow' || !Principal) return [];
      return typeof Principal === 'string' ? [Principal] : Object.values(Principal).flat();
    });
    return [...new Set(found)];
  } catch {
    return [];
  }
}

export function Reach({ bucket, policy }: { bucket: string; policy: string }) {
  const everybody = useLoad(everyone, 'everyone');
  const [found, setFound] = useState<{ policy: string; findings: Finding[] }>({ policy, findings: [] });
  const [only, setOnly] = useState(false);
  const { busy, error, run } = useAction();
  const findings = found.policy === policy ? found.findings : []; // the policy was changed: look again
  const total = everybody.data?.length ?? 0;
  const look = () =>
    run(async () => {
      const wanted = (everybody.data ?? []).slice(findings.length, findings.length + AT_A_TIME);
      const added: Finding[] = [];
      for (let start = 0; start < wanted.length; start += AT_ONCE) {
        added.push(...(await Promise.all(wanted.slice(start, start + AT_ONCE).map((who) => ask(who, bucket, policy)))));
        setFound({ policy, findings: [...findings, ...added] });
      }
    });
  const outsiders = named(policy);
  const button = (
    <Button loading={busy} disabled={!everybody.data || (total > 0 && findings.length >= total)} onClick={() => void look()}>
      {findings.length ? s.more : s.check}
    </Button>
  );
  return (
    <SpaceBetween size="m">
      {outsiders.length > 0 && (
        <Container header={<Header variant="h2" description={s.outsidersHint}>{s.outsiders}</Header>}>
          {outsiders.map((each) => (
            <div key={each} className="wrap">
              {each === '*' ? t.iam.anyone : each}
            </div>
          ))}
        </Container>
      )}
      <ErrorAlert error={error ?? everybody.error} />
      {!findings.length && (
        <Container header={<Header variant="h2" description={s.hint} actions={button}>{s.title}</Header>}>
          <Box color="text-body-secondary">{everybody.data && (total ? s.total(total) : `${s.none}. ${s.noneHint}`)}</Box>
        </Container>
      )}
      {findings.length > 0 && (
        <List
          name="reach"
          level="h2"
          loaded={{ data: findings, error: undefined, loading: false, reload: () => Promise.resolve() }}
          header={s.title}
          description={policy ? `${s.hint} ${s.rolesHint}` : s.hint}
          id={({ arn }) => arn}
          label={({ name }) => name}
          text={({ name }) => name}
          narrow={(each) => !only || reaches(each)}
          placeholder={s.search}
          filterBeside={
            <Box padding={{ top: 'xxs' }}>
              <Toggle checked={only} onChange={({ detail }) => setOnly(detail.checked)}>
                {s.reachingOnly}
              </Toggle>
            </Box>
          }
          actions={button}
          empty={<Empty header={s.none} />}
          columns={[
            {
              id: 'name',
              header: s.principal,
              cell: (each) => <To path={pathOf('iam', `${each.kind}s`, each.name)}>{each.name}</To>,
              sortingField: 'name',
              isRowHeader: true,
            },
            { id: 'kind', header: t.type, cell: (each) => s.kind[each.kind], sortingField: 'kind' },
            ...Object.entries(s.actions).map(([action, header]) => ({
              id: action,
              header,
              cell: (each: Finding) => <Decision result={each.results[action]} />,
            })),
          ]}
        />
      )}
      {findings.length > 0 && findings.length < total && <Box>{s.looked(findings.length, total)}</Box>}
    </SpaceBetween>
  );
}
