/** The users of the account. */
import type { User } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useRef, useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { ago, Confirm, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { listUsers } from './api';
import { type Detail, deleteUser, deleteUserCommands, detailOf } from './users-api';

const s = t.iam.users;

function age(date: Date | undefined): string {
  if (!date) return t.none;
  return s.days(Math.max(0, Math.floor((Date.now() - date.getTime()) / 86_400_000)));
}

function CreateButton({ primary = true }: { primary?: boolean }) {
  return (
    <Button variant={primary ? 'primary' : 'normal'} href={href('/iam/users/create')} onFollow={follow}>
      {s.create}
    </Button>
  );
}

export default function Users() {
  const users = useLoad(listUsers, 'users', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const [details, setDetails] = useState<Record<string, Detail>>({});
  const asked = useRef(new Set<string>());
  const { push } = useFlash();
  const [only = ''] = deleting;
  // ListUsers tells little: what else the columns show is asked for, for those on the screen
  const onVisible = useCallback((visible: readonly User[]) => {
    for (const user of visible) {
      const name = user.UserName ?? '';
      if (asked.current.has(name)) continue;
      asked.current.add(name);
      detailOf(user).then(
        (detail) => setDetails((old) => ({ ...old, [name]: detail })),
        () => undefined,
      );
    }
  }, []);
  const detail = (user: User, show: (found: Detail) => string) => {
    const found = details[user.UserName ?? ''];
    return found ? show(found) : '…';
  };
  const active = (found: Detail) => found.keys.filter(({ Status }) => Status === 'Active');
  return (
    <>
      <List
        name="users"
        loaded={users}
        header={s.title}
        description={s.description}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        onVisible={onVisible}
        id={(user) => user.UserName ?? ''}
        label={(user) => user.UserName ?? ''}
        text={(user) => `${user.UserName} ${details[user.UserName ?? '']?.keys.map(({ AccessKeyId }) => AccessKeyId).join(' ') ?? ''}`}
        placeholder={s.search}
        shownAtFirst={['name', 'path', 'groups', 'last', 'mfa', 'password', 'keyAge']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                asked.current.clear();
                void users.reload().then(() => onVisible(users.data ?? []));
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
            cell: (user) => <To path={pathOf('iam', 'users', user.UserName ?? '')}>{user.UserName}</To>,
            sortingField: 'UserName',
            isRowHeader: true,
          },
          { id: 'path', header: t.path, cell: (user) => user.Path, sortingField: 'Path' },
          { id: 'groups', header: s.groups, cell: (user) => detail(user, ({ groups }) => String(groups.length)) },
          { id: 'last', header: t.iam.roles.lastActivity, cell: (user) => detail(user, ({ last }) => (last ? ago(last) : t.none)) },
          { id: 'mfa', header: s.mfa, cell: (user) => detail(user, ({ mfa }) => (mfa ? s.mfaOn : t.none)) },
          { id: 'password', header: s.passwordAge, cell: (user) => detail(user, ({ password }) => age(password)) },
          { id: 'signIn', header: s.lastSignIn, cell: (user) => when(user.PasswordLastUsed), sortingField: 'PasswordLastUsed' },
          { id: 'keyId', header: s.keyId, cell: (user) => detail(user, (found) => active(found).map(({ AccessKeyId }) => AccessKeyId).join(', ') || t.none) },
          {
            id: 'keyAge',
            header: s.keyAge,
            cell: (user) => detail(user, (found) => age(active(found).map(({ CreateDate }) => CreateDate).sort((a, b) => (a?.getTime() ?? 0) - (b?.getTime() ?? 0))[0])),
          },
          { id: 'arn', header: 'ARN', cell: (user) => <Copyable text={user.Arn ?? ''} label="ARN" /> },
          {
            id: 'created',
            header: t.created,
            cell: (user) => when(user.CreateDate),
            sortingComparator: (a, b) => (a.CreateDate?.getTime() ?? 0) - (b.CreateDate?.getTime() ?? 0),
          },
        ]}
      />
      {deleting.length > 0 && (
        <Confirm
          header={deleting.length === 1 ? s.deleteHeader(only) : s.deleteSeveral(deleting.length)}
          word={deleting.length === 1 ? only : t.confirm.delete}
          button={t.delete}
          commands={deleting.flatMap(deleteUserCommands)}
          onDismiss={() => setDeleting([])}
          onConfirm={async () => {
            try {
              for (const name of deleting) await deleteUser(name);
            } finally {
              await users.reload();
            }
            setSelected([]);
            push('success', s.deleted(deleting.join(', ')));
          }}
        >
          {deleting.length > 1 && <Box>{deleting.join(', ')}</Box>}
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
