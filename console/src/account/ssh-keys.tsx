/** The SSH public keys of a user: one's own, or another's. */
import { DeleteSSHPublicKeyCommand, ListSSHPublicKeysCommand, UpdateSSHPublicKeyCommand, UploadSSHPublicKeyCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { Confirm, Copyable, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';
import { Held } from './held';

const s = t.credentials.ssh;
const k = t.credentials.keys;

interface Props {
  userName: string | undefined;
  level?: 'h2' | 'h3';
}

export function SshKeys({ userName, level = 'h3' }: Props) {
  const loaded = useLoad(
    async () => (await iam().send(new ListSSHPublicKeysCommand({ UserName: userName }))).SSHPublicKeys ?? [],
    `ssh keys of ${userName ?? ''}`,
  );
  const [adding, setAdding] = useState(false);
  const [body, setBody] = useState('');
  const [deleting, setDeleting] = useState('');
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  const turn = (id: string, isActive: boolean) =>
    run(async () => {
      const Status = isActive ? 'Inactive' : 'Active';
      await iam().send(new UpdateSSHPublicKeyCommand({ UserName: userName, SSHPublicKeyId: id, Status }));
      push('success', isActive ? s.deactivated(id) : s.activated(id));
      await loaded.reload();
    });
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.title}
        level={level}
        description={s.description}
        loaded={loaded}
        id={(each) => each.SSHPublicKeyId ?? ''}
        empty={s.empty}
        emptyHint={s.emptyHint}
        actions={<Button onClick={() => setAdding(true)}>{s.upload}</Button>}
        columns={[
          { header: s.id, cell: (each) => <Copyable text={each.SSHPublicKeyId ?? ''} label={s.id} /> },
          { header: k.status, cell: (each) => (each.Status === 'Active' ? k.active : k.inactive) },
          { header: s.uploaded, cell: (each) => when(each.UploadDate) },
        ]}
        row={(each) => [
          {
            text: each.Status === 'Active' ? k.deactivate : k.activate,
            onClick: () => void turn(each.SSHPublicKeyId ?? '', each.Status === 'Active'),
          },
          { text: t.delete, onClick: () => setDeleting(each.SSHPublicKeyId ?? '') },
        ]}
      />
      {adding && (
        <FormModal
          header={s.upload}
          button={s.upload}
          ready={body.trim() !== ''}
          commands={[aws('iam', 'upload-ssh-public-key', { 'user-name': userName, 'ssh-public-key-body': 'file://id_rsa.pub' })]}
          onDismiss={() => setAdding(false)}
          onSubmit={async () => {
            const reply = await iam().send(new UploadSSHPublicKeyCommand({ UserName: userName, SSHPublicKeyBody: body.trim() }));
            push('success', s.done(reply.SSHPublicKey?.SSHPublicKeyId ?? ''));
            setBody('');
            await loaded.reload();
          }}
        >
          <FormField label={s.body} description={s.bodyHint}>
            <Textarea value={body} rows={5} spellcheck={false} placeholder="ssh-rsa AAAA…" onChange={({ detail }) => setBody(detail.value)} />
          </FormField>
        </FormModal>
      )}
      {deleting && (
        <Confirm
          header={k.deleteHeader(deleting)}
          word={deleting}
          button={t.delete}
          commands={[aws('iam', 'delete-ssh-public-key', { 'user-name': userName, 'ssh-public-key-id': deleting })]}
          onDismiss={() => setDeleting('')}
          onConfirm={async () => {
            await iam().send(new DeleteSSHPublicKeyCommand({ UserName: userName, SSHPublicKeyId: deleting }));
            push('success', k.deleted(deleting));
            await loaded.reload();
          }}
        >
          {s.deleteWarning}
        </Confirm>
      )}
    </>
  );
}
