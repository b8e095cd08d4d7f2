/** The groups of the account. */
import type { Group } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { listGroups } from './api';
import { DeleteSeveral, useDetails } from './entity-list';
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

const nameOf = (group: Group) => group.GroupName ?? '';

/** ListGroups tells neither members nor policies. */
async function count({ GroupName: name = '' }: Group) {
  const group = { kind: 'group' as const, name };
  const [users, attached, inline] = await Promise.all([membersOf(name), attachedTo(group), inlineOf(group)]);
  return { users: users.length, policies: attached.length + inline.length };
}

export default function Groups() {
  const groups = useLoad(listGroups, 'groups', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const { details, refused, onVisible, again } = useDetails(nameOf, count);
  const { push } = useFlash();
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
        id={nameOf}
        label={nameOf}
        text={nameOf}
        placeholder={s.search}
        shownAtFirst={['name', 'users', 'permissions', 'created']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                void groups.reload();
                again();
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
          { id: 'users', header: t.iam.users.title, cell: (group) => details[group.GroupName ?? '']?.users ?? (refused[group.GroupName ?? ''] ? t.unknown : '…') },
          { id: 'permissions', header: s.permissions, cell: (group) => (refused[group.GroupName ?? ''] ? t.unknown : s.policies(details[group.GroupName ?? '']?.policies)) },
          { id: 'path', header: t.path, cell: (group) => group.Path, sortingField: 'Path' },
          { id: 'arn', header: 'ARN', cell: (group) => <Copyable text={group.Arn ?? ''} label="ARN" /> },
          { id: 'created', header: t.created, cell: (group) => when(group.CreateDate) },
        ]}
      />
      {deleting.length > 0 && (
        <DeleteSeveral
          names={deleting}
          words={s}
          commands={deleteGroupCommands}
          remove={deleteGroup}
          reload={groups.reload}
          onDismiss={() => setDeleting([])}
          onDeleted={() => {
            setSelected([]);
            push('success', s.deleted(deleting.join(', ')));
          }}
        />
      )}
    </>
  );
}
