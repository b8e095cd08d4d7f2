/** The groups of the account. */
import type { Group } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useRef, useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { Confirm, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { listGroups } from './api';
import { attachedTo, inlineOf } from './identity';
import { deleteGroup, deleteGroupCommands, membersOf } from './users-api';

const s = t.iam.groups;

function CreateButton({ primary = true }: { primary?: boolean }) {
  return (
    <Button variant={primary ? 'primary' : 'normal'} href={href('/iam/groups/create')} onFollow={follow}>
      {s.create}
    </Button>
  );
}

export default function Groups() {
  const groups = useLoad(listGroups, 'groups', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const [details, setDetails] = useState<Record<string, { users: number; policies: number }>>({});
  const asked = useRef(new Set<string>());
  const { push } = useFlash();
  const [only = ''] = deleting;
  const onVisible = useCallback((visible: readonly Group[]) => {
    for (const { GroupName: name = '' } of visible) {
      if (asked.current.has(name)) continue;
      asked.current.add(name);
      const group = { kind: 'group' as const, name };
      Promise.all([membersOf(name), attachedTo(group), inlineOf(group)]).then(
        ([users, attached, inline]) => setDetails((old) => ({ ...old, [name]: { users: users.length, policies: attached.length + inline.length } })),
        () => undefined,
      );
    }
  }, []);
  return (
    <>
      <List
        name="groups"
        loaded={groups}
        header={s.title}
        description={s.description}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        onVisible={onVisible}
        id={(group) => group.GroupName ?? ''}
        label={(group) => group.GroupName ?? ''}
        text={(group) => group.GroupName ?? ''}
        placeholder={s.search}
        shownAtFirst={['name', 'users', 'permissions', 'created']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                asked.current.clear();
                void groups.reload().then(() => onVisible(groups.data ?? []));
              }}
            />
            <Button disabled={!selected.length} onClick={() => setDeleting(selected)}>
              {t.delete}
            </Button>
            <CreateButton />
          </SpaceBetween>
        }
        empty={
          <Empty header={s.empty} action={<CreateButton primary={false} />}>
            {s.emptyHint}
          </Empty>
        }
        columns={[
          { id: 'name', header: s.name, cell: (group) => <To path={pathOf('iam', 'groups', group.GroupName ?? '')}>{group.GroupName}</To>, sortingField: 'GroupName', isRowHeader: true },
          { id: 'users', header: t.iam.users.title, cell: (group) => details[group.GroupName ?? '']?.users ?? '…' },
          { id: 'permissions', header: s.permissions, cell: (group) => s.policies(details[group.GroupName ?? '']?.policies) },
          { id: 'path', header: t.path, cell: (group) => group.Path, sortingField: 'Path' },
          { id: 'arn', header: 'ARN', cell: (group) => <Copyable text={group.Arn ?? ''} label="ARN" /> },
          { id: 'created', header: t.created, cell: (group) => when(group.CreateDate) },
        ]}
      />
      {deleting.length > 0 && (
        <Confirm
          header={deleting.length === 1 ? s.deleteHeader(only) : s.deleteSeveral(deleting.length)}
          word={deleting.length === 1 ? only : t.confirm.delete}
          button={t.delete}
          commands={deleting.flatMap(deleteGroupCommands)}
          onDismiss={() => setDeleting([])}
          onConfirm={async () => {
            try {
              for (const name of deleting) await deleteGroup(name);
            } finally {
              await groups.reload();
            }
            setSelected([]);
            push('success', s.deleted(deleting.join(', ')));
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
