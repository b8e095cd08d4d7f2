/** Security credentials: one's own password, MFA devices and keys. */
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { session } from '../session';
import { Copyable, Empty } from '../shell/parts';
import { t } from '../strings';
import { signInAddress } from './api';
import { KeysSection } from './keys';
import { MfaSection } from './mfa';
import { PasswordSection } from './password';
import { SshKeys } from './ssh-keys';

const s = t.credentials;

export default function SecurityCredentials() {
  const { arn, account, kind, name, mfa } = session();
  const hasOwn = kind === 'Root' || kind === 'User';
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={s.description}>
        {s.title}
      </Header>
      <Container header={<Header variant="h2">{s.details}</Header>}>
        <KeyValuePairs
          columns={2}
          minColumnWidth={280}
          items={[
            { label: t.name, value: kind === 'Root' ? t.user.root : name },
            { label: t.user.account, value: <Copyable text={account} label={t.user.account} /> },
            { label: s.arn, value: <Copyable text={arn} label={s.arn} /> },
            { label: s.signInUrl, value: <Copyable text={signInAddress(account)} label={s.signInUrl} /> },
            {
              label: s.mfaUsed,
              value: <StatusIndicator type={mfa ? 'success' : 'info'}>{mfa ? s.withMfa : s.withoutMfa}</StatusIndicator>,
            },
          ]}
        />
      </Container>
      {hasOwn ? (
        <SpaceBetween size="l">
          <PasswordSection />
          <MfaSection />
          <KeysSection />
          {kind === 'User' && <SshKeys userName={name} level="h2" />}
        </SpaceBetween>
      ) : (
        <Container>
          <Empty header={s.none}>{s.noneHint}</Empty>
        </Container>
      )}
    </SpaceBetween>
  );
}
