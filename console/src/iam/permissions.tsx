/** What a role, user or group may do: attached and inline policies, and the boundary that limits them. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { changedMeanwhile } from '../errors';
import { follow, href, navigate, To } from '../routing';
import { List } from '../shell/list';
import { CliCommand, Confirm, Empty, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { listPolicies, policyPath } from './api';
import { attachedTo, attachTo, boundaryOf, commands, deleteInline, detachFrom, type Identity, inlineOf, inlinePathOf, setBoundary } from './identity';
import { PolicyTable } from './policy-table';

const s = t.iam.permissions;

interface Permission {
  name: string;
  arn: string;
  kind: 'managed' | 'inline';
  /** The group that a user has it from. */
  via?: string;
}

const permissionsOf = async (identity: Identity, via?: string): Promise<Permission[]> => {
  const [attached, inline] = await Promise.all([attachedTo(identity), inlineOf(identity)]);
  const from = via ? { via } : {};
  return [
    ...attached.map(({ PolicyName, PolicyArn }) => ({ name: PolicyName ?? '', arn: PolicyArn ?? '', kind: 'managed' as const, ...from })),
    ...inline.map((name) => ({ name, arn: '', kind: 'inline' as const, ...from })),
  ];
};

interface Props {
  identity: Identity;
  /** For users: the groups whose policies it has as well. */
  groups?: string[];
  /** Undefined for groups, which have none; else the ARN, empty where none is set. */
  boundary?: string;
  onBoundary?: () => Promise<void>;
}

export function Permissions({ identity, groups = [], boundary, onBoundary }: Props) {
  const { name } = identity;
  const loaded = useLoad<Permission[]>(
    async () => [
      ...(await permissionsOf(identity)),
      ...(await Promise.all(groups.map((group) => permissionsOf({ kind: 'group', name: group }, group)))).flat(),
    ],
    `permissions ${identity.kind} ${name} ${groups.join()}`,
  );
  const [selected, setSelected] = useState<string[]>([]);
  const [attaching, setAttaching] = useState(false);
  const [removing, setRemoving] = useState(false);
  const { push } = useFlash();
  const idOf = (each: Permission) => `${each.kind} ${each.name} ${each.via ?? ''}`;
  const chosen = (loaded.data ?? []).filter((each) => selected.includes(idOf(each)) && !each.via);

  return (
    <SpaceBetween size="m">
      <List
        embedded
        name="permissions"
        loaded={loaded}
        header={s.header}
        description={s.hint}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        id={idOf}
        label={(each) => each.name}
        text={(each) => each.name}
        placeholder={t.iam.policies.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void loaded.reload()} />
            <Button href={href(`/iam/simulator?principal=${identity.kind}/${encodeURIComponent(name)}`)} onFollow={follow}>
              {s.simulate}
            </Button>
            <Button disabled={!chosen.length} onClick={() => setRemoving(true)}>
              {s.remove}
            </Button>
            <ButtonDropdown
              items={[
                { id: 'attach', text: s.attach },
                { id: 'inline', text: s.createInline },
              ]}
              onItemClick={({ detail }) => (detail.id === 'attach' ? setAttaching(true) : navigate(inlinePathOf(identity)))}
            >
              {s.add}
            </ButtonDropdown>
          </SpaceBetween>
        }
        empty={<Empty header={s.none}>{s.noneHint}</Empty>}
        columns={[
          {
            id: 'name',
            header: t.iam.policies.name,
            cell: (each) => (
              <To path={each.arn ? policyPath(each.arn) : inlinePathOf(each.via ? { kind: 'group', name: each.via } : identity, each.name)}>{each.name}</To>
            ),
            sortingField: 'name',
            isRowHeader: true,
          },
          {
            id: 'kind',
            header: t.iam.policies.kind,
            cell: (each) => (each.kind === 'inline' ? s.inline : each.arn.startsWith('arn:aws:iam::aws:') ? t.iam.policies.kinds.aws : t.iam.policies.kinds.customer),
          },
          ...(identity.kind === 'user'
            ? [{ id: 'via', header: s.via, cell: (each: Permission) => (each.via ? `${t.iam.groups.one} ${each.via}` : s.directly) }]
            : []),
        ]}
      />
      {boundary !== undefined && <Boundary identity={identity} arn={boundary} onChanged={onBoundary ?? (() => Promise.resolve())} />}
      {attaching && (
        <Attach
          identity={identity}
          has={(loaded.data ?? []).filter((each) => !each.via).map((each) => each.arn)}
          onDismiss={() => setAttaching(false)}
          onDone={loaded.reload}
        />
      )}
      {removing && (
        <Confirm
          header={s.removeHeader(chosen.length, name)}
          word={s.removeWord}
          button={s.remove}
          commands={chosen.map((each) => (each.kind === 'managed' ? commands.detach(identity, each.arn) : commands.deleteInline(identity, each.name)))}
          onDismiss={() => setRemoving(false)}
          onConfirm={async () => {
            for (const each of chosen) {
              if (each.kind === 'managed') await detachFrom(identity, each.arn);
              else await deleteInline(identity, each.name);
            }
            push('success', s.removed(chosen.map((each) => each.name).join(', '), name));
            setSelected([]);
            await loaded.reload();
          }}
        >
          <Box>{s.removeWarning(chosen.map((each) => each.name).join(', '))}</Box>
          {chosen.some(({ kind }) => kind === 'inline') && <Box color="text-status-error">{s.removeInline}</Box>}
        </Confirm>
      )}
    </SpaceBetween>
  );
}

interface DialogProps {
  identity: Identity;
  onDismiss: () => void;
  onDone: () => Promise<void>;
}

function Attach({ identity, has, onDismiss, onDone }: DialogProps & { has: string[] }) {
  const policies = useLoad(async () => (await listPolicies()).filter(({ Arn }) => !has.includes(Arn ?? '')), identity.name);
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const save = () =>
    run(async () => {
      for (const arn of chosen) await attachTo(identity, arn);
      push('success', s.attached(chosen.map((arn) => arn.split('/').pop()).join(', '), identity.name));
      await onDone();
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={s.attachTo(identity.name)}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={<Buttons busy={busy} disabled={!chosen.length} label={s.attachButton} onSave={save} onDismiss={onDismiss} />}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <PolicyTable embedded loaded={policies} header={t.iam.policies.title} selection="multi" selected={chosen} onSelected={setChosen} />
        <CliCommand lines={chosen.map((arn) => commands.attach(identity, arn))} />
      </SpaceBetween>
    </Modal>
  );
}

interface ButtonsProps {
  busy: boolean;
  disabled?: boolean;
  label: string;
  onSave: () => Promise<unknown>;
  onDismiss: () => void;
}

/** A dialog's two buttons. */
export function Buttons({ busy, disabled = false, label, onSave, onDismiss }: ButtonsProps) {
  return (
    <Box float="right">
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="link" onClick={onDismiss}>
          {t.cancel}
        </Button>
        <Button variant="primary" loading={busy} disabled={disabled} onClick={() => void onSave()}>
          {label}
        </Button>
      </SpaceBetween>
    </Box>
  );
}

function Boundary({ identity, arn, onChanged }: { identity: Identity; arn: string; onChanged: () => Promise<void> }) {
  const [changing, setChanging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const { push } = useFlash();
  const name = arn.split('/').pop() ?? '';
  return (
    <ExpandableSection
      variant="container"
      headerText={arn ? s.boundarySet : s.boundaryNotSet}
      headerDescription={s.boundaryHint}
      defaultExpanded={Boolean(arn)}
    >
      <SpaceBetween size="s">
        {arn && <To path={policyPath(arn)}>{name}</To>}
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={() => setChanging(true)}>{arn ? s.changeBoundary : s.setBoundary}</Button>
          {arn && <Button onClick={() => setRemoving(true)}>{s.removeBoundary}</Button>}
        </SpaceBetween>
      </SpaceBetween>
      {changing && <ChooseBoundary identity={identity} now={arn} onDismiss={() => setChanging(false)} onDone={onChanged} />}
      {removing && (
        <Confirm
          header={s.removeBoundary}
          word={s.removeWord}
          button={s.removeBoundary}
          commands={[commands.boundary(identity, undefined)]}
          onDismiss={() => setRemoving(false)}
          onConfirm={async () => {
            if ((await boundaryOf(identity)) !== arn) throw changedMeanwhile(s.boundaryChanged);
            await setBoundary(identity, undefined);
            push('success', s.boundaryRemoved(identity.name));
            await onChanged();
          }}
        >
          <Box>{s.removeBoundaryWarning}</Box>
        </Confirm>
      )}
    </ExpandableSection>
  );
}

function ChooseBoundary({ identity, now, onDismiss, onDone }: DialogProps & { now: string }) {
  const policies = useLoad(listPolicies, 'policies');
  const [before] = useState(now);
  const [chosen, setChosen] = useState<string[]>(now ? [now] : []);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const [arn] = chosen;
  const save = () =>
    run(async () => {
      if ((await boundaryOf(identity)) !== before) throw changedMeanwhile(s.boundaryChanged);
      await setBoundary(identity, arn);
      push('success', s.boundaryDone(arn?.split('/').pop() ?? '', identity.name));
      await onDone();
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={now ? s.changeBoundary : s.setBoundary}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={<Buttons busy={busy} disabled={!arn || arn === now} label={s.setBoundary} onSave={save} onDismiss={onDismiss} />}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <PolicyTable embedded loaded={policies} header={t.iam.policies.title} selection="single" selected={chosen} onSelected={setChosen} />
        {arn && <CliCommand lines={[commands.boundary(identity, arn)]} />}
      </SpaceBetween>
    </Modal>
  );
}
