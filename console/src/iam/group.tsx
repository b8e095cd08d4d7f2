/** A group's own page: who is in it, and what that lets them do. */
import { GetGroupCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Multiselect from '@cloudscape-design/components/multiselect';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { pathOf, To } from '../routing';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { CliCommand, Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam, listUsers } from './api';
import { DeleteOne } from './entity-list';
import { LastAccessed } from './last-accessed';
import { Permissions } from './permissions';
import { LinkedTabs } from './tabs';
import { deleteGroup, deleteGroupCommands, join, leave, membersOf } from './users-api';

const s = t.iam.groups;

export default function GroupPage({ name }: { name: string }) {
  const loaded = useLoad(async () => (await iam().send(new GetGroupCommand({ GroupName: name, MaxItems: 1 }))).Group, `group ${name}`, 20);
  const [deleting, setDeleting] = useState(false);
  if (loaded.loading) return <Spinner size="large" />;
  const group = loaded.data;
  if (!group) return <ErrorAlert error={loaded.error} />;
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={loaded.error} />
      <Header variant="h1" actions={<Button onClick={() => setDeleting(true)}>{t.delete}</Button>}>
        {name}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.name, value: name },
            { label: t.created, value: when(group.CreateDate) },
            { label: 'ARN', value: <Copyable text={group.Arn ?? ''} label="ARN" /> },
          ]}
        />
      </Container>
      <LinkedTabs
        label={name}
        tabs={[
          { id: 'users', label: t.iam.users.title, content: <Members name={name} /> },
          { id: 'permissions', label: s.permissions, content: <Permissions identity={{ kind: 'group', name }} /> },
          { id: 'accessed', label: t.iam.role.tabs.accessed, content: <LastAccessed arn={group.Arn ?? ''} /> },
        ]}
      />
      {deleting && <DeleteOne name={name} words={s} commands={deleteGroupCommands(name)} remove={() => deleteGroup(name)} list="/iam/groups" onDismiss={() => setDeleting(false)} />}
    </SpaceBetween>
  );
}

function Members({ name }: { name: string }) {
  const loaded = useLoad(() => membersOf(name), `members of ${name}`);
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const remove = () =>
    run(async () => {
      for (const user of selected) await leave(user, name);
      push('success', s.removedUsers(selected.join(', '), name));
      setSelected([]);
      await loaded.reload();
    });
  return (
    <SpaceBetween size="s">
      <ErrorAlert error={error} onDismiss={clear} />
      <List
        embedded
        name="members"
        loaded={loaded}
        header={s.members}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        id={(user) => user.UserName ?? ''}
        label={(user) => user.UserName ?? ''}
        text={(user) => user.UserName ?? ''}
        placeholder={t.iam.policies.findEntities}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!selected.length} loading={busy} onClick={() => void remove()}>
              {s.removeUsers}
            </Button>
            <Button onClick={() => setAdding(true)}>{s.addUsers}</Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.noMembers}>{s.noMembersHint}</Empty>}
        columns={[
          { id: 'name', header: t.iam.users.name, cell: (user) => <To path={pathOf('iam', 'users', user.UserName ?? '')}>{user.UserName}</To>, sortingField: 'UserName', isRowHeader: true },
          { id: 'created', header: t.created, cell: (user) => when(user.CreateDate) },
        ]}
      />
      {selected.length > 0 && <CliCommand lines={selected.map((user) => aws('iam', 'remove-user-from-group', { 'group-name': name, 'user-name': user }))} />}
      {adding && <Add name={name} has={(loaded.data ?? []).map(({ UserName }) => UserName ?? '')} onDismiss={() => setAdding(false)} onDone={loaded.reload} />}
    </SpaceBetween>
  );
}

export function UserChoice({ has = [], chosen, onChange }: { has?: string[]; chosen: string[]; onChange: (users: string[]) => void }) {
  const users = useLoad(listUsers, 'users');
  return (
    <FormField label={t.iam.users.title}>
      <Multiselect
        selectedOptions={chosen.map((value) => ({ value, label: value }))}
        options={(users.data ?? []).filter(({ UserName }) => !has.includes(UserName ?? '')).map(({ UserName }) => ({ value: UserName ?? '', label: UserName ?? '' }))}
        filteringType="auto"
        placeholder={s.chooseUsers}
        empty={t.iam.users.empty}
        deselectAriaLabel={({ label }) => `${t.iam.permissions.remove} ${label ?? ''}`}
        onChange={({ detail }) => onChange(detail.selectedOptions.map(({ value }) => value ?? ''))}
      />
    </FormField>
  );
}

function Add({ name, has, onDismiss, onDone }: { name: string; has: string[]; onDismiss: () => void; onDone: () => Promise<void> }) {
  const [chosen, setChosen] = useState<string[]>([]);
  const { push } = useFlash();
  return (
    <FormModal
      header={s.addUsers}
      button={s.addUsers}
      ready={chosen.length > 0}
      commands={chosen.map((user) => aws('iam', 'add-user-to-group', { 'group-name': name, 'user-name': user }))}
      onDismiss={onDismiss}
      onSubmit={async () => {
        for (const user of chosen) await join(user, name);
        push('success', s.addedUsers(chosen.join(', '), name));
        await onDone();
      }}
    >
      <UserChoice has={has} chosen={chosen} onChange={setChosen} />
    </FormModal>
  );
}
