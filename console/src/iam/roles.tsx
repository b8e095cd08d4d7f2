/** The roles of the account. */
import type { Role } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useRef, useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { ago, Confirm, Empty, useFlash, when } from '../shell/parts';
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
  const [deleting, setDeleting] = useState(false);
  const [used, setUsed] = useState<Record<string, Date | null>>({});
  const asked = useRef(new Set<string>());
  const { push } = useFlash();
  const name = selected[0];

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

  return (
    <>
      <List
        name="roles"
        loaded={roles}
        header={s.title}
        description={s.description}
        selection="single"
        selected={selected}
        onSelected={setSelected}
        onVisible={onVisible}
        id={(role) => role.RoleName ?? ''}
        label={(role) => role.RoleName ?? ''}
        text={(role) => `${role.RoleName} ${trusted(role).join(' ')} ${role.Description ?? ''}`}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void roles.reload()} />
            <Button disabled={!name} onClick={() => setDeleting(true)}>
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
          { id: 'trusted', header: s.trusted, cell: (role) => trusted(role).join(', ') || t.none },
          {
            id: 'used',
            header: s.lastActivity,
            cell: (role) => {
              const date = used[role.RoleName ?? ''];
              if (date === undefined) return '…';
              return date ? <span title={when(date)}>{ago(date)}</span> : t.none;
            },
          },
          {
            id: 'created',
            header: t.created,
            cell: (role) => when(role.CreateDate),
            sortingComparator: (a, b) => (a.CreateDate?.getTime() ?? 0) - (b.CreateDate?.getTime() ?? 0),
          },
        ]}
      />
      {deleting && name && (
        <Confirm
          header={s.deleteHeader(name)}
          word={name}
          button={t.delete}
          commands={deleteCommands(name)}
          onDismiss={() => setDeleting(false)}
          onConfirm={async () => {
            await deleteRole(name);
            setSelected([]);
            await roles.reload();
            push('success', s.deleted(name));
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
