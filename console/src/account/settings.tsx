/** Account settings: alias, password policy, session tokens, credential report. */
import {
  CreateAccountAliasCommand,
  DeleteAccountAliasCommand,
  DisableOutboundWebIdentityFederationCommand,
  EnableOutboundWebIdentityFederationCommand,
  GenerateCredentialReportCommand,
  GetCredentialReportCommand,
  SetSecurityTokenServicePreferencesCommand,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { session } from '../session';
import { FormModal } from '../shell/form-modal';
import { CliCommand, Copyable, download, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { getAlias, getIssuer, getTokenVersion, iam, signInAddress } from './api';
import { PasswordPolicySection } from './password-policy';

const s = t.settings;

export default function Settings() {
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={s.description}>
        {s.title}
      </Header>
      <AliasSection />
      <PasswordPolicySection />
      <TokenSection />
      <OutboundSection />
      <ReportSection />
    </SpaceBetween>
  );
}

function AliasSection() {
  const alias = useLoad(getAlias, 'alias');
  const [editing, setEditing] = useState(false);
  const [wanted, setWanted] = useState('');
  const { busy, error, run } = useAction();
  const flash = useFlash();
  const wrong = wanted !== '' && !/^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/.test(wanted);
  const remove = () =>
    run(async () => {
      await iam().send(new DeleteAccountAliasCommand({ AccountAlias: alias.data }));
      flash.push('success', s.alias.removed);
      await alias.reload();
    });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={s.alias.description}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {alias.data && (
                <Button loading={busy} onClick={() => void remove()}>
                  {s.alias.remove}
                </Button>
              )}
              <Button
                disabled={alias.loading}
                onClick={() => {
                  setWanted(alias.data ?? '');
                  setEditing(true);
                }}
              >
                {s.alias.edit}
              </Button>
            </SpaceBetween>
          }
        >
          {s.alias.title}
        </Header>
      }
    >
      <ErrorAlert error={error ?? alias.error} />
      <KeyValuePairs
        columns={2}
        minColumnWidth={280}
        items={[
          { label: s.alias.title, value: alias.data || (alias.loading ? t.loading : s.alias.none) },
          {
            label: t.credentials.signInUrl,
            value: <Copyable text={signInAddress(alias.data || session().account)} label={t.credentials.signInUrl} />,
          },
        ]}
      />
      {editing && (
        <FormModal
          header={s.alias.edit}
          button={t.save}
          ready={wanted !== '' && !wrong}
          commands={[aws('iam', 'create-account-alias', { 'account-alias': wanted || 'ALIAS' })]}
          onDismiss={() => setEditing(false)}
          onSubmit={async () => {
            await iam().send(new CreateAccountAliasCommand({ AccountAlias: wanted }));
            flash.push('success', s.alias.saved(wanted));
            await alias.reload();
          }}
        >
          <FormField label={s.alias.field} constraintText={s.alias.rule} {...(wrong ? { errorText: s.alias.rule } : {})}>
            <Input value={wanted} onChange={({ detail }) => setWanted(detail.value)} autoComplete={false} spellcheck={false} autoFocus />
          </FormField>
        </FormModal>
      )}
    </Container>
  );
}

function TokenSection() {
  const version = useLoad(getTokenVersion, 'token version');
  const [editing, setEditing] = useState(false);
  const [chosen, setChosen] = useState('1');
  const flash = useFlash();
  const told = version.data === 1 ? s.sts.v1 : version.data === 2 ? s.sts.v2 : s.sts.unknown;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={s.sts.description}
          actions={
            <Button
              disabled={version.data === undefined}
              onClick={() => {
                setChosen(String(version.data));
                setEditing(true);
              }}
            >
              {s.sts.change}
            </Button>
          }
        >
          {s.sts.title}
        </Header>
      }
    >
      <ErrorAlert error={version.error} />
      <Box>{version.loading ? t.loading : told}</Box>
      {editing && (
        <FormModal
          header={s.sts.title}
          button={t.save}
          commands={[
            aws('iam', 'set-security-token-service-preferences', { 'global-endpoint-token-version': `v${chosen}Token` }),
          ]}
          onDismiss={() => setEditing(false)}
          onSubmit={async () => {
            const GlobalEndpointTokenVersion = chosen === '2' ? 'v2Token' : 'v1Token';
            await iam().send(new SetSecurityTokenServicePreferencesCommand({ GlobalEndpointTokenVersion }));
            flash.push('success', s.sts.saved);
            await version.reload();
          }}
        >
          <RadioGroup
            ariaLabel={s.sts.title}
            value={chosen}
            onChange={({ detail }) => setChosen(detail.value)}
            items={[
              { value: '1', label: s.sts.v1 },
              { value: '2', label: s.sts.v2 },
            ]}
          />
        </FormModal>
      )}
    </Container>
  );
}

function OutboundSection() {
  const issuer = useLoad(getIssuer, 'outbound federation');
  const [asking, setAsking] = useState(false);
  const flash = useFlash();
  const on = Boolean(issuer.data);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={s.outbound.description}
          actions={
            <Button disabled={issuer.data === undefined} onClick={() => setAsking(true)}>
              {on ? s.outbound.disable : s.outbound.enable}
            </Button>
          }
        >
          {s.outbound.title}
        </Header>
      }
    >
      <ErrorAlert error={issuer.error} />
      <KeyValuePairs
        columns={2}
        minColumnWidth={280}
        items={[
          {
            label: s.outbound.state,
            value: issuer.data === undefined ? (issuer.loading ? t.loading : t.unknown) : <StatusIndicator type={on ? 'success' : 'stopped'}>{on ? s.outbound.on : s.outbound.off}</StatusIndicator>,
          },
          ...(issuer.data ? [{ label: s.outbound.issuer, value: <Copyable text={issuer.data} label={s.outbound.issuer} /> }] : []),
        ]}
      />
      {asking && (
        <FormModal
          header={on ? s.outbound.disable : s.outbound.enable}
          button={on ? s.outbound.disable : s.outbound.enable}
          commands={[aws('iam', on ? 'disable-outbound-web-identity-federation' : 'enable-outbound-web-identity-federation', {})]}
          onDismiss={() => setAsking(false)}
          onSubmit={async () => {
            if (on) await iam().send(new DisableOutboundWebIdentityFederationCommand({}));
            else await iam().send(new EnableOutboundWebIdentityFederationCommand({}));
            flash.push('success', on ? s.outbound.disabled : s.outbound.enabled);
            await issuer.reload();
          }}
        >
          <Box>{on ? s.outbound.disableWarning : s.outbound.enableHint}</Box>
        </FormModal>
      )}
    </Container>
  );
}

function ReportSection() {
  const { busy, error, run } = useAction();
  const flash = useFlash();
  const get = () =>
    run(async () => {
      for (let tries = 0; tries < 30; tries += 1) {
        const made = await iam().send(new GenerateCredentialReportCommand({}));
        if (made.State === 'COMPLETE') break;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const report = await iam().send(new GetCredentialReportCommand({}));
      download(`credential-report-${session().account}.csv`, new Uint8Array(report.Content ?? new Uint8Array()), 'text/csv');
      flash.push('success', s.report.done(when(report.GeneratedTime)));
    });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={s.report.description}
          actions={
            <Button iconName="download" loading={busy} onClick={() => void get()}>
              {s.report.download}
            </Button>
          }
        >
          {s.report.title}
        </Header>
      }
    >
      <ErrorAlert error={error} />
      <CliCommand
        lines={[
          aws('iam', 'generate-credential-report', {}),
          `${aws('iam', 'get-credential-report', { query: 'Content', output: 'text' })} | base64 -d`,
        ]}
      />
    </Container>
  );
}
