/** The groups of the account. */
import Button from '@cloudscape-design/components/button';
import { useLoad } from '../data';
import { List } from '../shell/list';
import { Copyable, Empty, when } from '../shell/parts';
import { t } from '../strings';
import { listGroups } from './api';

const s = t.iam.groups;

export default function Groups() {
  const groups = useLoad(listGroups, 'groups', 15);
  return (
    <List
      name="groups"
      loaded={groups}
      header={s.title}
      description={s.description}
      id={(group) => group.GroupName ?? ''}
      label={(group) => group.GroupName ?? ''}
      text={(group) => group.GroupName ?? ''}
      placeholder={s.search}
      actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void groups.reload()} />}
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        { id: 'name', header: s.name, cell: (group) => group.GroupName, sortingField: 'GroupName', isRowHeader: true },
        { id: 'path', header: t.path, cell: (group) => group.Path, sortingField: 'Path' },
        { id: 'arn', header: 'ARN', cell: (group) => <Copyable text={group.Arn ?? ''} label="ARN" /> },
        { id: 'created', header: t.created, cell: (group) => when(group.CreateDate) },
      ]}
    />
  );
}
