/** The key pairs that one logs in with. The private half is shown to nobody after it was made. */
import { CreateKeyPairCommand, DeleteKeyPairCommand, DescribeKeyPairsCommand } from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { session } from '../session';
import { List } from '../shell/list';
import { CliCommand, Confirm, Copyable, download, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';

const s = t.ec2.keyPairs;

export default function KeyPairs() {
  const pairs = useLoad(async () => {
    const reply = await ec2().send(new DescribeKeyPairsCommand({}));
    return reply.KeyPairs ?? [];
  }, `keys ${session().region}`);
  const [selected, setSelected] = useState<string[]>([]);
  const [asked, setAsked] = useState<'create' | 'delete' | null>(null);
  const [name, setName] = useState('');
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const chosen = pairs.data?.find(({ KeyPairId }) => KeyPairId === selected[0])?.KeyName;
  const dismiss = () => {
    setAsked(null);
    clear();
  };
  const create = () =>
    run(async () => {
      const made = await ec2().send(new CreateKeyPairCommand({ KeyName: name, KeyType: 'ed25519' }));
      download(`${name}.pem`, made.KeyMaterial ?? '', 'application/x-pem-file');
      push('success', t.ec2.launch.keyMade(`${name}.pem`));
      setAsked(null);
      setName('');
      await pairs.reload();
    });
  const open = (
    <Button variant="primary" onClick={() => setAsked('create')}>
      {t.ec2.launch.createKey}
    </Button>
  );
  return (
    <>
      <List
        name="key-pairs"
        loaded={pairs}
        header={s.title}
        description={s.description}
        selection="single"
        selected={selected}
        onSelected={setSelected}
        id={(each) => each.KeyPairId ?? ''}
        label={(each) => each.KeyName ?? ''}
        text={(each) => `${each.KeyName} ${each.KeyFingerprint}`}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void pairs.reload()} />
            <Button disabled={!chosen} onClick={() => setAsked('delete')}>
              {t.delete}
            </Button>
            {open}
          </SpaceBetween>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columns={[
          { id: 'name', header: t.name, cell: (each) => each.KeyName, sortingField: 'KeyName', isRowHeader: true },
          { id: 'type', header: t.type, cell: (each) => each.KeyType, sortingField: 'KeyType' },
          {
            id: 'fingerprint',
            header: s.fingerprint,
            cell: (each) => <Copyable text={each.KeyFingerprint ?? ''} label={s.fingerprint} />,
          },
          { id: 'created', header: t.created, cell: (each) => when(each.CreateTime) },
        ]}
      />
      {asked === 'create' && (
        <Modal
          visible
          header={t.ec2.launch.createKey}
          closeAriaLabel={t.close}
          onDismiss={dismiss}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={dismiss}>
                  {t.cancel}
                </Button>
                <Button variant="primary" loading={busy} disabled={!name} onClick={() => void create()}>
                  {t.ec2.launch.makeKey}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="m">
            <Box>{t.ec2.launch.onceOnly}</Box>
            <ErrorAlert error={error} />
            <FormField label={t.name}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <CliCommand
              lines={[
                `${aws('ec2', 'create-key-pair', {
                  'key-name': name || 'NAME',
                  'key-type': 'ed25519',
                  query: 'KeyMaterial',
                  output: 'text',
                })} > ${name || 'NAME'}.pem`,
              ]}
            />
          </SpaceBetween>
        </Modal>
      )}
      {asked === 'delete' && chosen && (
        <Confirm
          header={s.deleteHeader(chosen)}
          word={chosen}
          button={t.delete}
          commands={[aws('ec2', 'delete-key-pair', { 'key-name': chosen })]}
          onDismiss={dismiss}
          onConfirm={async () => {
            await ec2().send(new DeleteKeyPairCommand({ KeyName: chosen }));
            push('success', s.deleted(chosen));
            setSelected([]);
            await pairs.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
