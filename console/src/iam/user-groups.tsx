/** The groups of a user, joined and left. */
import Button from '@cloudscape-design/components/button';
import Multiselect from '@cloudscape-design/components/multiselect';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { pathOf, To } from '../routing';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { CliCommand, Empty, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { listGroups } from './api';
import { join, leave } from './users-api';

const s = t.iam.users;

export function UserGroups({ name, groups, onChanged }: { name: string; groups: string[]; onChanged: () => Promise<void> }) {
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const chosen = groups.filter((each) => selected.includes(each));
  const remove = () =>
    run(async () => {
      for (const group of chosen) await leave(name, group);
      setSelected([]);
      push('success', s.left(chosen.join(', ')));
      await onChanged();
    });
  return (
    <SpaceBetween size="s">
      <ErrorAlert error={error} onDismiss={clear} />
      <List
        embedded
        name="groups-of-user"
        loaded={{ data: groups, error: undefined, loading: false, reload: onChanged }}
        header={s.membership}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        id={(each) => each}
        label={(each) => each}
        text={(each) => each}
        placeholder={t.iam.groups.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!chosen.length} loading={busy} onClick={() => void remove()}>
              {s.leave}
            </Button>
            <Button onClick={() => setAdding(true)}>{s.addToGroups}</Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.noGroups}>{s.noGroupsHint}</Empty>}
        columns={[{ id: 'name', header: t.iam.groups.name, cell: (each) => <To path={pathOf('iam', 'groups', each)}>{each}</To>, isRowHeader: true, sortingComparator: (a, b) => a.localeCompare(b) }]}
      />
      {chosen.length > 0 && (
        <CliCommand lines={chosen.map((group) => aws('iam', 'remove-user-from-group', { 'user-name': name, 'group-name': group }))} />
      )}
      {adding && <Add name={name} has={groups} onDismiss={() => setAdding(false)} onDone={onChanged} />}
    </SpaceBetween>
  );
}

function Add({ name, has, onDismiss, onDone }: { name: string; has: string[]; onDismiss: () => void; onDone: () => Promise<void> }) {
  const groups = useLoad(listGroups, 'groups');
  const [chosen, setChosen] = useState<string[]>([]);
  const { push } = useFlash();
  return (
    <FormModal
      header={s.addToGroups}
      button={s.addToGroups}
      ready={chosen.length > 0}
      commands={chosen.map((group) => aws('iam', 'add-user-to-group', { 'user-name': name, 'group-name': group }))}
      onDismiss={onDismiss}
      onSubmit={async () => {
        for (const group of chosen) await join(name, group);
        push('success', s.joined(name, chosen.join(', ')));
        await onDone();
      }}
    >
      <FormField label={t.iam.groups.title}>
        <Multiselect
          selectedOptions={chosen.map((value) => ({ value, label: value }))}
          options={(groups.data ?? []).filter(({ GroupName }) => !has.includes(GroupName ?? '')).map(({ GroupName }) => ({ value: GroupName ?? '', label: GroupName ?? '' }))}
          filteringType="auto"
          placeholder={s.chooseGroups}
          empty={s.noGroups}
          deselectAriaLabel={({ label }) => `${t.iam.permissions.remove} ${label ?? ''}`}
          onChange={({ detail }) => setChosen(detail.selectedOptions.map(({ value }) => value ?? ''))}
        />
      </FormField>
    </FormModal>
  );
}
