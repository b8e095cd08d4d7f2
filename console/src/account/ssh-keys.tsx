/** One's own SSH public keys. */
import { DeleteSSHPublicKeyCommand, UpdateSSHPublicKeyCommand, UploadSSHPublicKeyCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { Confirm, Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam, listSshKeys, mine } from './api';

const s = t.credentials.ssh;
const k = t.credentials.keys;

export function SshKeysSection() {
  const keys = useLoad(listSshKeys, 'own ssh keys');
  const [adding, setAdding] = useState(false);
  const [body, setBody] = useState('');
  const [deleting, setDeleting] = useState('');
  const { busy, error, run } = useAction();
  const flash = useFlash();
  const turn = (id: string, isActive: boolean) =>
    run(async () => {
      const Status = isActive ? 'Inactive' : 'Active';
      await iam().send(new UpdateSSHPublicKeyCommand({ UserName: mine().UserName, SSHPublicKeyId: id, Status }));
      await keys.reload();
    });
  return (
    <div>
      <ErrorAlert error={error ?? keys.error} />
      <Table
        items={keys.data ?? []}
        loading={keys.loading}
        loadingText={t.loading}
        trackBy="SSHPublicKeyId"
        ariaLabels={{ tableLabel: s.title }}
        header={
          <Header
            variant="h2"
            description={s.description}
            counter={keys.data ? `(${keys.data.length})` : ''}
            actions={<Button onClick={() => setAdding(true)}>{s.upload}</Button>}
          >
            {s.title}
          </Header>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columnDefinitions={[
          {
            id: 'id',
            header: s.id,
            isRowHeader: true,
            cell: (key) => <Copyable text={key.SSHPublicKeyId ?? ''} label={s.id} />,
          },
          { id: 'status', header: k.status, cell: (key) => (key.Status === 'Active' ? k.active : k.inactive) },
          { id: 'uploaded', header: s.uploaded, cell: (key) => when(key.UploadDate) },
          {
            id: 'actions',
            header: t.actions,
            cell: (key) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="inline-link"
                  disabled={busy}
                  ariaLabel={`${key.Status === 'Active' ? k.deactivate : k.activate} ${key.SSHPublicKeyId ?? ''}`}
                  onClick={() => void turn(key.SSHPublicKeyId ?? '', key.Status === 'Active')}
                >
                  {key.Status === 'Active' ? k.deactivate : k.activate}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={`${t.delete} ${key.SSHPublicKeyId ?? ''}`}
                  onClick={() => setDeleting(key.SSHPublicKeyId ?? '')}
                >
                  {t.delete}
                </Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {adding && (
        <FormModal
          header={s.upload}
          button={s.upload}
          ready={body.trim() !== ''}
          commands={[
            aws('iam', 'upload-ssh-public-key', { 'user-name': mine().UserName, 'ssh-public-key-body': 'file://id_rsa.pub' }),
          ]}
          onDismiss={() => setAdding(false)}
          onSubmit={async () => {
            const reply = await iam().send(
              new UploadSSHPublicKeyCommand({ UserName: mine().UserName, SSHPublicKeyBody: body.trim() }),
            );
            flash.push('success', s.done(reply.SSHPublicKey?.SSHPublicKeyId ?? ''));
            setBody('');
            await keys.reload();
          }}
        >
          <FormField label={s.body} description={s.bodyHint}>
            <Textarea value={body} onChange={({ detail }) => setBody(detail.value)} rows={5} spellcheck={false} placeholder="ssh-rsa AAAA…" />
          </FormField>
        </FormModal>
      )}
      {deleting && (
        <Confirm
          header={k.deleteHeader(deleting)}
          word={deleting}
          button={t.delete}
          commands={[aws('iam', 'delete-ssh-public-key', { 'user-name': mine().UserName, 'ssh-public-key-id': deleting })]}
          onConfirm={async () => {
            await iam().send(new DeleteSSHPublicKeyCommand({ UserName: mine().UserName, SSHPublicKeyId: deleting }));
            flash.push('success', k.deleted(deleting));
            await keys.reload();
          }}
          onDismiss={() => setDeleting('')}
        >
          {k.deleteWarning}
        </Confirm>
      )}
    </div>
  );
}
