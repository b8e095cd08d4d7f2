/** What a role may do: attached and inline policies. */
import { DeleteRolePolicyCommand, GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { To } from '../routing';
import { List } from '../shell/list';
import { CliCommand, Empty, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { attach, attachedPolicies, detach, iam, inlinePolicies, listPolicies, pretty, textOf } from './api';
import { PolicyTable } from './policy-table';
import { compact, Editor } from './editor';

const s = t.iam.role;

interface Permission {
  name: string;
  arn: string;
  kind: 'managed' | 'inline';
}

export function Permissions({ name }: { name: string }) {
  const loaded = useLoad<Permission[]>(async () => {
    const [attached, inline] = await Promise.all([attachedPolicies(name), inlinePolicies(name)]);
    return [
      ...attached.map(({ PolicyName, PolicyArn }) => ({
        name: PolicyName ?? '',
        arn: PolicyArn ?? '',
        kind: 'managed' as const,
      })),
      ...inline.map((each) => ({ name: each, arn: '', kind: 'inline' as const })),
    ];
  }, name);
  const [selected, setSelected] = useState<string[]>([]);
  const [attaching, setAttaching] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const idOf = (each: Permission) => `${each.kind} ${each.name}`;
  const chosen = (loaded.data ?? []).filter((each) => selected.includes(idOf(each)));

  const remove = () =>
    run(async () => {
      for (const each of chosen) {
        if (each.kind === 'managed') await detach(name, each.arn);
        else await iam().send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: each.name }));
      }
      push('success', s.removed(chosen.map((each) => each.name).join(', ')));
      setSelected([]);
      await loaded.reload();
    });

  return (
    <SpaceBetween size="m">
      <ErrorAlert error={error} onDismiss={clear} />
      <List
        embedded
        name="role-permissions"
        loaded={loaded}
        header={s.permissions}
        description={s.permissionsHint}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        id={idOf}
        label={(each) => each.name}
        text={(each) => each.name}
        placeholder={t.iam.policies.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!chosen.length} loading={busy} onClick={() => void remove()}>
              {s.remove}
            </Button>
            <ButtonDropdown
              items={[
                { id: 'attach', text: s.attach },
                { id: 'inline', text: s.createInline },
              ]}
              onItemClick={({ detail }) => (detail.id === 'attach' ? setAttaching(true) : setEditing(''))}
            >
              {s.add}
            </ButtonDropdown>
          </SpaceBetween>
        }
        empty={<Empty header={s.noPermissions}>{s.noPermissionsHint}</Empty>}
        columns={[
          {
            id: 'name',
            header: t.iam.policies.name,
            cell: (each) =>
              each.kind === 'managed' ? (
                <To path={`/iam/policies?arn=${encodeURIComponent(each.arn)}`}>{each.name}</To>
              ) : (
                <Button variant="inline-link" onClick={() => setEditing(each.name)}>
                  {each.name}
                </Button>
              ),
            sortingField: 'name',
            isRowHeader: true,
          },
          { id: 'kind', header: t.iam.policies.kind, cell: (each) => (each.kind === 'managed' ? s.managed : s.inline) },
        ]}
      />
      {chosen.length > 0 && (
        <CliCommand
          lines={chosen.map((each) =>
            each.kind === 'managed'
              ? aws('iam', 'detach-role-policy', { 'role-name': name, 'policy-arn': each.arn })
              : aws('iam', 'delete-role-policy', { 'role-name': name, 'policy-name': each.name }),
          )}
        />
      )}
      {attaching && (
        <Attach
          name={name}
          has={(loaded.data ?? []).map((each) => each.arn)}
          onDismiss={() => setAttaching(false)}
          onDone={loaded.reload}
        />
      )}
      {editing !== null && (
        <Inline role={name} policy={editing} onDismiss={() => setEditing(null)} onDone={loaded.reload} />
      )}
    </SpaceBetween>
  );
}

interface DialogProps {
  onDismiss: () => void;
  onDone: () => Promise<void>;
}

function Attach({ name, has, onDismiss, onDone }: DialogProps & { name: string; has: string[] }) {
  const policies = useLoad(async () => (await listPolicies()).filter(({ Arn }) => !has.includes(Arn ?? '')), name);
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const save = () =>
    run(async () => {
      for (const arn of chosen) await attach(name, arn);
      push('success', s.attached(chosen.map((arn) => arn.split('/').pop()).join(', ')));
      await onDone();
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={s.attach}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={<Buttons busy={busy} disabled={!chosen.length} label={s.attachButton} onSave={save} onDismiss={onDismiss} />}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <PolicyTable
          embedded
          loaded={policies}
          header={t.iam.policies.title}
          selection="multi"
          selected={chosen}
          onSelected={setChosen}
        />
        <CliCommand
          lines={chosen.map((arn) => aws('iam', 'attach-role-policy', { 'role-name': name, 'policy-arn': arn }))}
        />
      </SpaceBetween>
    </Modal>
  );
}

function Buttons(props: {
  busy: boolean;
  disabled?: boolean;
  label: string;
  onSave: () => Promise<boolean>;
  onDismiss: () => void;
}) {
  return (
    <Box float="right">
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="link" onClick={props.onDismiss}>
          {t.cancel}
        </Button>
        <Button
          variant="primary"
          loading={props.busy}
          disabled={props.disabled ?? false}
          onClick={() => void props.onSave()}
        >
          {props.label}
        </Button>
      </SpaceBetween>
    </Box>
  );
}

const NEW_POLICY = pretty({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
});

function Inline({ role, policy, onDismiss, onDone }: DialogProps & { role: string; policy: string }) {
  const loaded = useLoad(async () => {
    if (!policy) return NEW_POLICY;
    const reply = await iam().send(new GetRolePolicyCommand({ RoleName: role, PolicyName: policy }));
    return textOf(reply.PolicyDocument);
  }, policy);
  const [name, setName] = useState(policy);
  const [edited, setEdited] = useState<string>();
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const text = edited ?? loaded.data ?? '';
  const save = () =>
    run(async () => {
      await iam().send(new PutRolePolicyCommand({ RoleName: role, PolicyName: name, PolicyDocument: text }));
      push('success', s.inlineSaved(name));
      await onDone();
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={policy ? s.editInline(policy) : s.createInline}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={<Buttons busy={busy} disabled={!name || !text} label={t.save} onSave={save} onDismiss={onDismiss} />}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error ?? loaded.error} />
        {!policy && (
          <FormField label={t.iam.policies.name}>
            <Input value={name} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        )}
        <Editor label={t.iam.policies.document} text={text} onChange={setEdited} />
        <CliCommand
          lines={[
            aws('iam', 'put-role-policy', {
              'role-name': role,
              'policy-name': name || 'NAME',
              'policy-document': compact(text),
            }),
          ]}
        />
      </SpaceBetween>
    </Modal>
  );
}
