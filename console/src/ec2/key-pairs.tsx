/** The key pairs that one logs in with. The private half is shown to nobody after it was made. */
import { DeleteKeyPairCommand } from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { session } from '../session';
import { List } from '../shell/list';
import { Confirm, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { ec2, listKeyPairs } from './api';
import { CreateKeyPair, ImportKeyPair } from './key-pair-forms';

const s = t.ec2.keyPairs;

export default function KeyPairs() {
  const pairs = useLoad(listKeyPairs, `keys ${session().region}`, 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [asked, setAsked] = useState<'create' | 'import' | 'delete' | null>(null);
  const { push } = useFlash();
  const chosen = pairs.data?.find(({ KeyPairId }) => KeyPairId === selected[0])?.KeyName;
  const dismiss = () => setAsked(null);
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
        text={(each) => `${each.KeyName} ${each.KeyPairId} ${each.KeyFingerprint}`}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void pairs.reload()} />
            <Button disabled={!chosen} onClick={() => setAsked('delete')}>
              {t.delete}
            </Button>
            <Button onClick={() => setAsked('import')}>{s.import}</Button>
            <Button variant="primary" onClick={() => setAsked('create')}>
              {s.create}
            </Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columns={[
          { id: 'name', header: t.name, cell: (each) => each.KeyName, sortingField: 'KeyName', isRowHeader: true },
          { id: 'type', header: t.type, cell: (each) => s.kinds[each.KeyType ?? ''] ?? each.KeyType, sortingField: 'KeyType' },
          {
            id: 'created',
            header: t.created,
            cell: (each) => when(each.CreateTime),
            sortingComparator: (a, b) => (a.CreateTime?.getTime() ?? 0) - (b.CreateTime?.getTime() ?? 0),
          },
          {
            id: 'fingerprint',
            header: s.fingerprint,
            cell: (each) => <Copyable text={each.KeyFingerprint ?? ''} label={s.fingerprint} />,
          },
          { id: 'id', header: s.id, cell: (each) => each.KeyPairId },
        ]}
      />
      {asked === 'create' && <CreateKeyPair reload={pairs.reload} onDismiss={dismiss} />}
      {asked === 'import' && <ImportKeyPair reload={pairs.reload} onDismiss={dismiss} />}
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
