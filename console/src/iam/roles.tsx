/** The roles of the account. */
import type { Role } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useRef, useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { ago, Confirm, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { deleteCommands, deleteRole, getRole, listRoles, trusted } from './api';

const s = t.iam.roles;

export function CreateButton({ primary = true }: { primary?: boolean }) {
  return (
    <Button variant={primary ? 'primary' : 'normal'} href={href('/iam/roles/create')} onFollow={follow}>
      {s.create}
    </Button>
  );
}

export default function Roles() {
  const roles = useLoad(listRoles, 'roles', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const [used, setUsed] = useState<Record<string, Date | null>>({});
  const asked = useRef(new Set<string>());
  const { push } = useFlash();

  // ListRoles does not say when a role was used last; GetRole does, so those on the screen are asked for
  const onVisible = useCallback((visible: readonly Role[]) => {
    for (const { RoleName } of visible) {
      if (!RoleName || asked.current.has(RoleName)) continue;
      asked.current.add(RoleName);
      getRole(RoleName).then(
        (role) => setUsed((old) => ({ ...old, [RoleName]: role.RoleLastUsed?.LastUsedDate ?? null })),
        () => undefined,
      );
    }
  }, []);
  const usedAt = (role: Role) => used[role.RoleName ?? '']?.getTime() ?? 0;
  const [only = ''] = deleting;

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
        id={(role) => role.RoleName ?? ''}
        label={(role) => role.RoleName ?? ''}
        text={(role) => `${role.RoleName} ${trusted(role).join(' ')} ${role.Description ?? ''}`}
        placeholder={s.search}
        shownAtFirst={['name', 'trusted', 'used']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                asked.current.clear();
                void roles.reload();
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
              if (date === undefined) return '…';
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
        <Confirm
          header={deleting.length === 1 ? s.deleteHeader(only) : s.deleteSeveral(deleting.length)}
          word={deleting.length === 1 ? only : t.confirm.delete}
          button={t.delete}
          commands={deleting.flatMap(deleteCommands)}
          onDismiss={() => setDeleting([])}
          onConfirm={async () => {
            try {
              for (const name of deleting) await deleteRole(name);
            } finally {
              await roles.reload();
            }
            setSelected([]);
            push('success', deleting.length === 1 ? s.deleted(only) : s.deletedSeveral(deleting.length));
          }}
        >
          {deleting.length > 1 && <Box>{deleting.join(', ')}</Box>}
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
