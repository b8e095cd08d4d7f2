/** The users of the account. */
import type { User } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { List } from '../shell/list';
import { ago, Copyable, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { listUsers } from './api';
import { DeleteSeveral, useDetails } from './entity-list';
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

const nameOf = (user: User) => user.UserName ?? '';

export default function Users() {
  const users = useLoad(listUsers, 'users', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  // ListUsers tells little: what else the columns show is asked for, for those on the screen
  const { details, refused, onVisible, again } = useDetails(nameOf, detailOf);
  const { push } = useFlash();
  const detail = (user: User, show: (found: Detail) => string) => {
    const found = details[user.UserName ?? ''];
    return found ? show(found) : refused[user.UserName ?? ''] ? t.unknown : '…';
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
        id={nameOf}
        label={nameOf}
        text={(user) => `${user.UserName} ${details[user.UserName ?? '']?.keys.map(({ AccessKeyId }) => AccessKeyId).join(' ') ?? ''}`}
        placeholder={s.search}
        shownAtFirst={['name', 'path', 'groups', 'last', 'mfa', 'password', 'keyAge']}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="refresh"
              ariaLabel={t.refresh}
              onClick={() => {
                void users.reload();
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
            cell: (user) => <To path={pathOf('iam', 'users', user.UserName ?? '')}>{user.UserName}</To>,
            sortingField: 'UserName',
            isRowHeader: true,
          },
          { id: 'path', header: t.path, cell: (user) => user.Path, sortingField: 'Path' },
          { id: 'groups', header: s.groups, cell: (user) => detail(user, ({ groups }) => String(groups.length)) },
          { id: 'last', header: t.iam.roles.lastActivity, cell: (user) => detail(user, ({ last }) => (last ? ago(last) : t.none)) },
          { id: 'mfa', header: s.mfa, cell: (user) => detail(user, ({ mfa }) => (mfa ? s.mfaOn : t.none)) },
          { id: 'password', header: s.passwordAge, cell: (user) => detail(user, ({ password }) => age(password?.since)) },
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
        <DeleteSeveral
          names={deleting}
          words={s}
          commands={deleteUserCommands}
          remove={deleteUser}
          reload={users.reload}
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
