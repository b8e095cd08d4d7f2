/** The users of the account. */
import Button from '@cloudscape-design/components/button';
import { useLoad } from '../data';
import { List } from '../shell/list';
import { Copyable, Empty, when } from '../shell/parts';
import { t } from '../strings';
import { listUsers } from './api';

const s = t.iam.users;

export default function Users() {
  const users = useLoad(listUsers, 'users', 15);
  return (
    <List
      name="users"
      loaded={users}
      header={s.title}
      description={s.description}
      id={(user) => user.UserName ?? ''}
      label={(user) => user.UserName ?? ''}
      text={(user) => user.UserName ?? ''}
      placeholder={s.search}
      actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void users.reload()} />}
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        { id: 'name', header: s.name, cell: (user) => user.UserName, sortingField: 'UserName', isRowHeader: true },
        { id: 'path', header: t.path, cell: (user) => user.Path, sortingField: 'Path' },
        { id: 'arn', header: 'ARN', cell: (user) => <Copyable text={user.Arn ?? ''} label="ARN" /> },
        { id: 'created', header: t.created, cell: (user) => when(user.CreateDate) },
      ]}
    />
  );
}
