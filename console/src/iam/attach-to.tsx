/** Attach a policy to users, groups and roles, chosen from all of them. */
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { List } from '../shell/list';
import { CliCommand, Empty, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { listGroups, listRoles, listUsers } from './api';
import { attachTo, commands, type Identity } from './identity';
import { Buttons } from './permissions';

const s = t.iam.policies;

export async function everyIdentity(): Promise<Identity[]> {
  const [users, groups, roles] = await Promise.all([listUsers(), listGroups(), listRoles()]);
  return [
    ...users.map(({ UserName }) => ({ kind: 'user' as const, name: UserName ?? '' })),
    ...groups.map(({ GroupName }) => ({ kind: 'group' as const, name: GroupName ?? '' })),
    ...roles.map(({ RoleName }) => ({ kind: 'role' as const, name: RoleName ?? '' })),
  ];
}

interface Props {
  arn: string;
  has: string[];
  onDismiss: () => void;
  onDone: () => Promise<void>;
}

export function AttachTo({ arn, has, onDismiss, onDone }: Props) {
  const idOf = ({ kind, name }: Identity) => `${kind}/${name}`;
  const loaded = useLoad(async () => (await everyIdentity()).filter((each) => !has.includes(idOf(each))), 'identities');
  const [selected, setSelected] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const chosen = (loaded.data ?? []).filter((each) => selected.includes(idOf(each)));
  const save = () =>
    run(async () => {
      for (const each of chosen) await attachTo(each, arn);
      push('success', s.attachedTo(chosen.map(({ name }) => name).join(', ')));
      await onDone();
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={s.attachHeader}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={<Buttons busy={busy} disabled={!chosen.length} label={s.attachButton} onSave={save} onDismiss={onDismiss} />}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <List
          embedded
          name="identities"
          loaded={loaded}
          header={s.identities}
          selection="multi"
          selected={selected}
          onSelected={setSelected}
          id={idOf}
          label={({ name }) => name}
          text={({ name }) => name}
          placeholder={s.findEntities}
          empty={<Empty header={s.noIdentities} />}
          columns={[
            { id: 'name', header: t.name, cell: ({ name }) => name, sortingField: 'name', isRowHeader: true },
            { id: 'kind', header: s.entityKind, cell: ({ kind }) => s.entity[kind], sortingField: 'kind' },
          ]}
        />
        <CliCommand lines={chosen.map((each) => commands.attach(each, arn))} />
      </SpaceBetween>
    </Modal>
  );
}
