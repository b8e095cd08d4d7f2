/** IAM's first page: what there is, and what would make it safer. */
import { GenerateCredentialReportCommand, GetAccountSummaryCommand, GetCredentialReportCommand, ListAccountAliasesCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { signInAddress } from '../account/api';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { To } from '../routing';
import { session } from '../session';
import { CliCommand, Copyable, download, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';

const s = t.iam.dashboard;

async function summary(): Promise<Record<string, number>> {
  return (await iam().send(new GetAccountSummaryCommand({}))).SummaryMap ?? {};
}

/** The credential report, made anew where there is none or it is old. */
async function report(): Promise<string> {
  for (let tries = 0; tries < 40; tries++) {
    const { State } = await iam().send(new GenerateCredentialReportCommand({}));
    if (State === 'COMPLETE') break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const { Content } = await iam().send(new GetCredentialReportCommand({}));
  return new TextDecoder().decode(Content);
}

export default function Dashboard() {
  const counts = useLoad(summary, 'summary', 30);
  const aliases = useLoad(async () => (await iam().send(new ListAccountAliasesCommand({}))).AccountAliases ?? [], 'alias');
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const { account } = session();
  const has = counts.data ?? {};
  const get = () =>
    run(async () => {
      download(`status_reports_${new Date().toISOString().slice(0, 10)}.csv`, await report(), 'text/csv');
      push('success', s.reportDone);
    });
  const things: [string, string, number | undefined][] = [
    [t.iam.groups.title, '/iam/groups', has.Groups],
    [t.iam.users.title, '/iam/users', has.Users],
    [t.iam.roles.title, '/iam/roles', has.Roles],
    [t.iam.policies.title, '/iam/policies', has.Policies],
    [t.iam.providers.title, '/iam/providers', has.Providers],
  ];
  const advice: [boolean, string, string][] = [
    [has.AccountMFAEnabled === 1, s.mfaGood, s.mfaBad],
    [has.AccountAccessKeysPresent === 0, s.keysGood, s.keysBad],
  ];
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={s.description}>
        {s.title}
      </Header>
      <ErrorAlert error={counts.error} />
      <Container header={<Header variant="h2">{s.advice}</Header>}>
        <SpaceBetween size="s">
          {counts.data &&
            advice.map(([good, yes, no]) => (
              <StatusIndicator key={yes} type={good ? 'success' : 'warning'}>
                {good ? yes : no}
              </StatusIndicator>
            ))}
          <To path="/account/security-credentials">{s.credentials}</To>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{s.resources}</Header>}>
        <ColumnLayout columns={5} minColumnWidth={120}>
          {things.map(([label, path, count]) => (
            <div key={path} data-testid={`count-${path.slice(5)}`}>
              <Box variant="awsui-key-label">{label}</Box>
              <To path={path} fontSize="heading-xl" ariaLabel={`${label}: ${count ?? ''}`}>
                {count ?? '…'}
              </To>
            </div>
          ))}
        </ColumnLayout>
      </Container>
      <Container header={<Header variant="h2">{s.account}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.accountId, value: <Copyable text={account} label={s.accountId} /> },
            { label: s.alias, value: aliases.data?.[0] ?? t.none },
            { label: t.iam.users.password.address, value: <Copyable text={signInAddress(aliases.data?.[0] ?? account)} label={t.iam.users.password.address} /> },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">{s.tools}</Header>}>
        <SpaceBetween size="s">
          <To path="/iam/simulator">{t.iam.simulator.title}</To>
          <Box color="text-body-secondary">{t.iam.simulator.description}</Box>
          <ErrorAlert error={error} onDismiss={clear} />
          <Button iconName="download" loading={busy} onClick={() => void get()}>
            {s.report}
          </Button>
          <Box color="text-body-secondary">{s.reportHint}</Box>
          <CliCommand lines={[aws('iam', 'generate-credential-report', {}), aws('iam', 'get-credential-report', {})]} />
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
