/** How a user proves who it is: the console's password, MFA devices, access keys and what else there is. */
import {
  CreateLoginProfileCommand,
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteLoginProfileCommand,
  DeleteVirtualMFADeviceCommand,
  UpdateAccessKeyCommand,
  UpdateLoginProfileCommand,
  type User,
} from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { signInAddress } from '../account/api';
import { NewAccessKey } from '../account/new-access-key';
import { NewMfaDevice } from '../account/new-mfa-device';
import { SshKeys } from '../account/ssh-keys';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { session } from '../session';
import { FormModal } from '../shell/form-modal';
import { ago, Confirm, Copyable, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';
import { type Choice, FRESH, PasswordChoice, PasswordOnce } from './password-choice';
import { Held } from '../account/held';
import { ServiceCredentials } from './service-credentials';
import { type Detail, devicesOf, type Key, keysOf, newPassword } from './users-api';

const s = t.iam.users.credentials;

interface Props {
  user: User;
  /** Undefined where it is not known, which is not the same as having none. */
  detail: Detail | undefined;
  onChanged: () => Promise<void>;
}

export function Credentials({ user, detail, onChanged }: Props) {
  const name = user.UserName ?? '';
  return (
    <SpaceBetween size="l">
      <ConsoleAccess user={user} detail={detail} onChanged={onChanged} />
      <Devices name={name} onChanged={onChanged} />
      <Keys name={name} onChanged={onChanged} />
      <SshKeys userName={name} />
      <ServiceCredentials name={name} />
    </SpaceBetween>
  );
}

function ConsoleAccess({ user, detail, onChanged }: Props) {
  const name = user.UserName ?? '';
  const [managing, setManaging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [choice, setChoice] = useState<Choice>(FRESH);
  const [once, setOnce] = useState('');
  const { push } = useFlash();
  const password = detail?.password;
  const has = password !== undefined;
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {has && <Button onClick={() => setRemoving(true)}>{s.removeAccess}</Button>}
              <Button disabled={!detail} onClick={() => setManaging(true)}>
                {has ? s.manage : s.enable}
              </Button>
            </SpaceBetween>
          }
        >
          {s.console}
        </Header>
      }
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: t.iam.users.password.address, value: <Copyable text={signInAddress(session().account)} label={t.iam.users.password.address} /> },
          {
            label: t.iam.users.password.title,
            value: password ? `${s.setAt(when(password.since))}${password.mustChange ? `, ${s.mustChange}` : ''}` : detail ? s.notSet : t.unknown,
          },
          { label: t.iam.users.lastSignIn, value: when(user.PasswordLastUsed) },
        ]}
      />
      {managing && (
        <FormModal
          header={has ? s.manage : s.enable}
          button={has ? s.reset : s.enable}
          ready={choice.kind === 'made' || choice.own !== ''}
          commands={[
            aws('iam', has ? 'update-login-profile' : 'create-login-profile', { 'user-name': name, password: 'PASSWORD', 'password-reset-required': choice.mustChange }),
          ]}
          onDismiss={() => setManaging(false)}
          onSubmit={async () => {
            const chosen = choice.kind === 'own' ? choice.own : newPassword();
            const given = { UserName: name, Password: chosen, PasswordResetRequired: choice.mustChange };
            if (has) await iam().send(new UpdateLoginProfileCommand(given));
            else await iam().send(new CreateLoginProfileCommand(given));
            setOnce(chosen);
            await onChanged();
          }}
        >
          <PasswordChoice choice={choice} onChange={setChoice} />
        </FormModal>
      )}
      {once && <PasswordOnce name={name} password={once} onDismiss={() => setOnce('')} />}
      {removing && (
        <Confirm
          header={s.removeAccessHeader(name)}
          word={name}
          button={s.removeAccess}
          commands={[aws('iam', 'delete-login-profile', { 'user-name': name })]}
          onDismiss={() => setRemoving(false)}
          onConfirm={async () => {
            await iam().send(new DeleteLoginProfileCommand({ UserName: name }));
            push('success', s.accessRemoved(name));
            await onChanged();
          }}
        >
          {s.removeAccessWarning}
        </Confirm>
      )}
    </Container>
  );
}

function Devices({ name, onChanged }: { name: string; onChanged: () => Promise<void> }) {
  const loaded = useLoad(() => devicesOf(name), `mfa of ${name}`);
  const [assigning, setAssigning] = useState(false);
  const [removing, setRemoving] = useState('');
  const { push } = useFlash();
  const reload = async () => {
    await loaded.reload();
    await onChanged();
  };
  return (
    <>
      <Held
        header={s.mfa}
        description={s.mfaHint}
        loaded={loaded}
        id={(each) => each.SerialNumber ?? ''}
        empty={s.noMfa}
        actions={<Button onClick={() => setAssigning(true)}>{s.assign}</Button>}
        columns={[
          { header: s.serial, cell: (each) => <Copyable text={each.SerialNumber ?? ''} label={s.serial} /> },
          { header: t.created, cell: (each) => when(each.EnableDate) },
        ]}
        row={(each) => [{ text: s.remove, onClick: () => setRemoving(each.SerialNumber ?? '') }]}
      />
      {assigning && (
        <NewMfaDevice
          userName={name}
          onDismiss={() => setAssigning(false)}
          onDone={(device) => {
            setAssigning(false);
            push('success', s.assigned(device, name));
            void reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          header={s.removeMfaHeader}
          word={t.iam.permissions.removeWord}
          button={s.remove}
          commands={[
            aws('iam', 'deactivate-mfa-device', { 'user-name': name, 'serial-number': removing }),
            aws('iam', 'delete-virtual-mfa-device', { 'serial-number': removing }),
          ]}
          onDismiss={() => setRemoving('')}
          onConfirm={async () => {
            await iam().send(new DeactivateMFADeviceCommand({ UserName: name, SerialNumber: removing }));
            await iam().send(new DeleteVirtualMFADeviceCommand({ SerialNumber: removing }));
            push('success', s.mfaRemoved(name));
            await reload();
          }}
        >
          {s.removeMfaWarning}
        </Confirm>
      )}
    </>
  );
}

function Keys({ name, onChanged }: { name: string; onChanged: () => Promise<void> }) {
  const loaded = useLoad(() => keysOf(name), `keys of ${name}`);
  const [asking, setAsking] = useState<'why' | 'make'>();
  const [why, setWhy] = useState('');
  const [deleting, setDeleting] = useState<Key>();
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  const reload = async () => {
    await loaded.reload();
    await onChanged();
  };
  const turn = (key: Key) =>
    void run(async () => {
      const Status = key.Status === 'Active' ? 'Inactive' : 'Active';
      await iam().send(new UpdateAccessKeyCommand({ UserName: name, AccessKeyId: key.AccessKeyId, Status }));
      push('success', s.turned(key.AccessKeyId ?? '', Status === 'Active'));
      await reload();
    });
  const cases = s.cases;
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.keys}
        description={s.keysHint}
        loaded={loaded}
        id={(each) => each.AccessKeyId ?? ''}
        empty={s.noKeys}
        actions={
          <Button disabled={(loaded.data?.length ?? 2) >= 2} onClick={() => setAsking('why')}>
            {s.createKey}
          </Button>
        }
        columns={[
          { header: t.iam.users.keyId, cell: (each) => <Copyable text={each.AccessKeyId ?? ''} label={t.iam.users.keyId} /> },
          {
            header: s.status,
            cell: (each) => (
              <StatusIndicator type={each.Status === 'Active' ? 'success' : 'stopped'}>
                {each.Status === 'Active' ? t.iam.users.keyActive : t.iam.users.keyInactive}
              </StatusIndicator>
            ),
          },
          { header: s.lastUsed, cell: (each) => (each.used?.LastUsedDate ? `${ago(each.used.LastUsedDate)} (${each.used.ServiceName}, ${each.used.Region})` : s.never) },
          { header: t.created, cell: (each) => when(each.CreateDate) },
        ]}
        row={(each) => [
          { text: each.Status === 'Active' ? s.deactivate : s.activate, onClick: () => turn(each) },
          { text: t.delete, onClick: () => setDeleting(each) },
        ]}
      />
      {asking === 'why' && (
        <FormModal header={s.why} button={t.next} ready={why !== ''} keepOpen onDismiss={() => setAsking(undefined)} onSubmit={() => Promise.resolve('make' as const).then(setAsking)}>
          <RadioGroup value={why} ariaLabel={s.why} onChange={({ detail }) => setWhy(detail.value)} items={cases.map(({ value, label, description }) => ({ value, label, description }))} />
          {why && <Alert type="info">{cases.find(({ value }) => value === why)?.instead}</Alert>}
        </FormModal>
      )}
      {asking === 'make' && <NewAccessKey userName={name} onMade={() => void reload()} onDismiss={() => setAsking(undefined)} />}
      {deleting && (
        <Confirm
          header={s.deleteKeyHeader(deleting.AccessKeyId ?? '')}
          word={deleting.AccessKeyId ?? ''}
          button={t.delete}
          commands={[aws('iam', 'delete-access-key', { 'user-name': name, 'access-key-id': deleting.AccessKeyId })]}
          onDismiss={() => setDeleting(undefined)}
          onConfirm={async () => {
            await iam().send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: deleting.AccessKeyId }));
            push('success', s.keyDeleted(deleting.AccessKeyId ?? ''));
            await reload();
          }}
        >
          {s.deleteKeyWarning}
        </Confirm>
      )}
    </>
  );
}
