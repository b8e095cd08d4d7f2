/** SSH public keys and service-specific credentials of a user. */
import {
  CreateServiceSpecificCredentialCommand,
  DeleteServiceSpecificCredentialCommand,
  DeleteSSHPublicKeyCommand,
  ListServiceSpecificCredentialsCommand,
  ListSSHPublicKeysCommand,
  UpdateServiceSpecificCredentialCommand,
  UpdateSSHPublicKeyCommand,
  UploadSSHPublicKeyCommand,
  type ServiceSpecificCredential,
} from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { Confirm, Copyable, download, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';
import { Held } from './held';

const s = t.iam.users.credentials;
const SERVICES = ['codecommit.amazonaws.com', 'cassandra.amazonaws.com'];

const status = (value: string | undefined) => (value === 'Active' ? t.iam.users.keyActive : t.iam.users.keyInactive);
const turned = (value: string | undefined) => (value === 'Active' ? 'Inactive' : 'Active');

export function SshKeys({ name }: { name: string }) {
  const loaded = useLoad(async () => (await iam().send(new ListSSHPublicKeysCommand({ UserName: name }))).SSHPublicKeys ?? [], `ssh keys of ${name}`);
  const [adding, setAdding] = useState(false);
  const [body, setBody] = useState('');
  const [deleting, setDeleting] = useState('');
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.ssh}
        description={s.sshHint}
        loaded={loaded}
        id={(each) => each.SSHPublicKeyId ?? ''}
        empty={s.noSsh}
        actions={<Button onClick={() => setAdding(true)}>{s.upload}</Button>}
        columns={[
          { header: s.sshId, cell: (each) => <Copyable text={each.SSHPublicKeyId ?? ''} label={s.sshId} /> },
          { header: s.status, cell: (each) => status(each.Status) },
          { header: s.uploaded, cell: (each) => when(each.UploadDate) },
        ]}
        row={(each) => [
          {
            text: each.Status === 'Active' ? s.deactivate : s.activate,
            onClick: () =>
              void run(async () => {
                await iam().send(new UpdateSSHPublicKeyCommand({ UserName: name, SSHPublicKeyId: each.SSHPublicKeyId, Status: turned(each.Status) }));
                await loaded.reload();
              }),
          },
          { text: t.delete, onClick: () => setDeleting(each.SSHPublicKeyId ?? '') },
        ]}
      />
      {adding && (
        <FormModal
          header={s.upload}
          button={s.upload}
          ready={body.trim() !== ''}
          commands={[aws('iam', 'upload-ssh-public-key', { 'user-name': name, 'ssh-public-key-body': 'file://key.pub' })]}
          onDismiss={() => setAdding(false)}
          onSubmit={async () => {
            await iam().send(new UploadSSHPublicKeyCommand({ UserName: name, SSHPublicKeyBody: body.trim() }));
            setBody('');
            push('success', s.uploadDone(name));
            await loaded.reload();
          }}
        >
          <FormField label={s.publicKey} description={s.publicKeyHint}>
            <Textarea value={body} rows={5} spellcheck={false} placeholder="ssh-rsa AAAA…" onChange={({ detail }) => setBody(detail.value)} />
          </FormField>
        </FormModal>
      )}
      {deleting && (
        <Confirm
          header={s.deleteKeyHeader(deleting)}
          word={deleting}
          button={t.delete}
          commands={[aws('iam', 'delete-ssh-public-key', { 'user-name': name, 'ssh-public-key-id': deleting })]}
          onDismiss={() => setDeleting('')}
          onConfirm={async () => {
            await iam().send(new DeleteSSHPublicKeyCommand({ UserName: name, SSHPublicKeyId: deleting }));
            push('success', s.keyDeleted(deleting));
            await loaded.reload();
          }}
        >
          {s.deleteKeyWarning}
        </Confirm>
      )}
    </>
  );
}

export function ServiceCredentials({ name }: { name: string }) {
  const loaded = useLoad(
    async () => (await iam().send(new ListServiceSpecificCredentialsCommand({ UserName: name }))).ServiceSpecificCredentials ?? [],
    `service credentials of ${name}`,
  );
  const [making, setMaking] = useState(false);
  const [service, setService] = useState(SERVICES[0] ?? '');
  const [made, setMade] = useState<ServiceSpecificCredential>();
  const [deleting, setDeleting] = useState('');
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.service}
        description={s.serviceHint}
        loaded={loaded}
        id={(each) => each.ServiceSpecificCredentialId ?? ''}
        empty={s.noService}
        actions={<Button onClick={() => setMaking(true)}>{s.generate}</Button>}
        columns={[
          { header: t.iam.users.name, cell: (each) => each.ServiceUserName ?? each.ServiceSpecificCredentialId },
          { header: s.forService, cell: (each) => each.ServiceName },
          { header: s.status, cell: (each) => status(each.Status) },
          { header: t.created, cell: (each) => when(each.CreateDate) },
        ]}
        row={(each) => [
          {
            text: each.Status === 'Active' ? s.deactivate : s.activate,
            onClick: () =>
              void run(async () => {
                await iam().send(
                  new UpdateServiceSpecificCredentialCommand({ UserName: name, ServiceSpecificCredentialId: each.ServiceSpecificCredentialId, Status: turned(each.Status) }),
                );
                await loaded.reload();
              }),
          },
          { text: t.delete, onClick: () => setDeleting(each.ServiceSpecificCredentialId ?? '') },
        ]}
      />
      {making && (
        <FormModal
          header={s.generate}
          button={s.generate}
          commands={[aws('iam', 'create-service-specific-credential', { 'user-name': name, 'service-name': service })]}
          onDismiss={() => setMaking(false)}
          onSubmit={async () => {
            const reply = await iam().send(new CreateServiceSpecificCredentialCommand({ UserName: name, ServiceName: service }));
            setMade(reply.ServiceSpecificCredential);
            await loaded.reload();
          }}
        >
          <FormField label={s.forService}>
            <Select
              selectedOption={{ value: service, label: service }}
              options={SERVICES.map((value) => ({ value, label: value }))}
              onChange={({ detail }) => setService(detail.selectedOption.value ?? '')}
            />
          </FormField>
        </FormModal>
      )}
      {made && (
        <Modal
          visible
          header={s.generated}
          closeAriaLabel={t.close}
          onDismiss={() => setMade(undefined)}
          footer={
            <Button
              iconName="download"
              onClick={() =>
                download(`${name}_${service}.csv`, `User Name,Password\r\n"${made.ServiceUserName ?? ''}","${made.ServicePassword ?? ''}"\r\n`, 'text/csv')
              }
            >
              {t.iam.users.password.csv}
            </Button>
          }
        >
          <SpaceBetween size="m">
            <Alert type="warning">{t.iam.users.password.once}</Alert>
            <FormField label={t.iam.users.name}>
              <Copyable text={made.ServiceUserName ?? ''} label={t.iam.users.name} />
            </FormField>
            <FormField label={t.iam.users.password.title}>
              <span className="wrap">
                <Copyable text={made.ServicePassword ?? ''} label={t.iam.users.password.title} />
              </span>
            </FormField>
          </SpaceBetween>
        </Modal>
      )}
      {deleting && (
        <Confirm
          header={s.deleteKeyHeader(deleting)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[aws('iam', 'delete-service-specific-credential', { 'user-name': name, 'service-specific-credential-id': deleting })]}
          onDismiss={() => setDeleting('')}
          onConfirm={async () => {
            await iam().send(new DeleteServiceSpecificCredentialCommand({ UserName: name, ServiceSpecificCredentialId: deleting }));
            push('success', s.keyDeleted(deleting));
            await loaded.reload();
          }}
        >
          {s.deleteKeyWarning}
        </Confirm>
      )}
    </>
  );
}
