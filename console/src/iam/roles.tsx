/** The roles of the account. */
import type { Role } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { ago, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { deleteCommands, deleteRole, getRole, listRoles, trusted } from './api';
import { DeleteSeveral, useDetails } from './entity-list';

const s = t.iam.roles;

export function CreateButton({ primary = true }: { primary?: boolean }) {
  return (
    <Button variant={primary ? 'primary' : 'normal'} href={href('/iam/roles/create')} onFollow={follow}>
      {s.create}
    </Button>
  );
}

const nameOf = (role: Role) => role.RoleName ?? '';

/** ListRoles does not say when a role was used last; GetRole does. */
async function lastUse(role: Role): Promise<Date | null> {
  return (await getRole(nameOf(role))).RoleLastUsed?.LastUsedDate ?? null;
}

export default function Roles() {
  const roles = useLoad(listRoles, 'roles', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const { details: used, refused, onVisible, again } = useDetails(nameOf, lastUse);
  const { push } = useFlash();
  const usedAt = (role: Role) => used[role.RoleName ?? '']?.getTime() ?? 0;

  return (
    <>
      <List
        name="roles"
        loaded={roles}
        header={s.title}
        description={s.description}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        onVisible={onVisible}
        id={nameOf}
        label={nameOf}
        text={(role) => `${role.RoleName} ${trusted(role).join(' ')} ${role.Description ?? ''}`}
        placeholder={s.search}
        shownAtFirst={['name', 'trusted', 'used']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                void roles.reload();
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
          {
            id: 'name',
            header: s.name,
            cell: (role) => <To path={pathOf('iam', 'roles', role.RoleName ?? '')}>{role.RoleName}</To>,
            sortingField: 'RoleName',
            isRowHeader: true,
          },
          {
            id: 'trusted',
            header: s.trusted,
            cell: (role) => trusted(role).join(', ') || t.none,
            sortingComparator: (a, b) => trusted(a).join().localeCompare(trusted(b).join()),
          },
          {
            id: 'used',
            header: s.lastActivity,
            cell: (role) => {
              const date = used[role.RoleName ?? ''];
              if (date === undefined) return refused[role.RoleName ?? ''] ? t.unknown : '…';
              return date ? <span title={when(date)}>{ago(date)}</span> : t.none;
            },
            sortingComparator: (a, b) => usedAt(a) - usedAt(b),
          },
          {
            id: 'created',
            header: t.created,
            cell: (role) => when(role.CreateDate),
            sortingComparator: (a, b) => (a.CreateDate?.getTime() ?? 0) - (b.CreateDate?.getTime() ?? 0),
          },
          { id: 'description', header: t.description, cell: (role) => role.Description || t.none, sortingField: 'Description' },
          { id: 'path', header: t.path, cell: (role) => role.Path, sortingField: 'Path' },
          { id: 'arn', header: 'ARN', cell: (role) => <Copyable text={role.Arn ?? ''} label="ARN" /> },
        ]}
      />
      {deleting.length > 0 && (
        <DeleteSeveral
          names={deleting}
          words={s}
          commands={deleteCommands}
          remove={deleteRole}
          reload={roles.reload}
          onDismiss={() => setDeleting([])}
          onDeleted={() => {
            setSelected([]);
            push('success', deleting.length === 1 ? s.deleted(deleting[0] ?? '') : s.deletedSeveral(deleting.length));
          }}
        />
      )}
    </>
  );
}
