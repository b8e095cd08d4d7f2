/** A role's own page. */
import {
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  type Role as RoleType,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import TagEditor, { type TagEditorProps } from '@cloudscape-design/components/tag-editor';
import Tabs from '@cloudscape-design/components/tabs';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { navigate, To } from '../routing';
import { List } from '../shell/list';
import { ago, CliCommand, Confirm, Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import {
  attach,
  attachedPolicies,
  deleteCommands,
  deleteRole,
  detach,
  documentOf,
  getRole,
  iam,
  inlinePolicies,
  listPolicies,
  pretty,
  profilesOf,
  textOf,
  trusted,
} from './api';
import { PolicyTable } from './policy-table';

const s = t.iam.role;
const REVOKE = 'AWSRevokeOlderSessions';

interface Permission {
  name: string;
  arn: string;
  kind: 'managed' | 'inline';
}

export default function Role({ name }: { name: string }) {
  const role = useLoad(() => getRole(name), name, 10);
  const profiles = useLoad(() => profilesOf(name), name);
  const [deleting, setDeleting] = useState(false);
  const { push } = useFlash();
  if (role.loading) return <Spinner size="large" />;
  const found = role.data;
  if (!found) return <ErrorAlert error={role.error} />;
  const used = found.RoleLastUsed?.LastUsedDate;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={found.Description}
        actions={<Button onClick={() => setDeleting(true)}>{t.delete}</Button>}
      >
        {name}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: t.created, value: when(found.CreateDate) },
            { label: 'ARN', value: <Copyable text={found.Arn ?? ''} label="ARN" /> },
            {
              label: s.profile,
              value: profiles.data?.length
                ? profiles.data.map(({ Arn }) => <Copyable key={Arn} text={Arn ?? ''} label={s.profile} />)
                : t.none,
            },
            {
              label: t.iam.roles.lastActivity,
              value: used ? `${ago(used)} (${found.RoleLastUsed?.Region ?? ''})` : t.none,
            },
            { label: t.iam.roles.trusted, value: trusted(found).join(', ') || t.none },
            { label: s.duration, value: s.hours((found.MaxSessionDuration ?? 3600) / 3600) },
            { label: 'ID', value: <Copyable text={found.RoleId ?? ''} label="ID" /> },
            {
              label: t.iam.create.permissions.boundary,
              value: found.PermissionsBoundary?.PermissionsBoundaryArn?.split('/').pop() ?? t.none,
            },
          ]}
        />
      </Container>
      <Tabs
        tabs={[
          { id: 'permissions', label: s.tabs.permissions, content: <Permissions name={name} /> },
          {
            id: 'trust',
            label: s.tabs.trust,
            content: <Trust role={found} reload={role.reload} />,
          },
          { id: 'tags', label: s.tabs.tags, content: <Tags name={name} /> },
          { id: 'revoke', label: s.tabs.revoke, content: <Revoke name={name} /> },
        ]}
      />
      {deleting && (
        <Confirm
          header={t.iam.roles.deleteHeader(name)}
          word={name}
          button={t.delete}
          commands={deleteCommands(name)}
          onDismiss={() => setDeleting(false)}
          onConfirm={async () => {
            await deleteRole(name);
            push('success', t.iam.roles.deleted(name));
            navigate('/iam/roles');
          }}
        >
          <Box>{t.iam.roles.deleteWarning}</Box>
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function Permissions({ name }: { name: string }) {
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

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function Editor({ label, text, onChange }: { label: string; text: string; onChange: (text: string) => void }) {
  let problem = '';
  try {
    JSON.parse(text);
  } catch (error) {
    problem = text ? t.iam.create.notJson(error instanceof Error ? error.message : String(error)) : '';
  }
  return (
    <FormField label={label} stretch errorText={problem}>
      <div className="mono">
        <Textarea value={text} rows={16} spellcheck={false} onChange={({ detail }) => onChange(detail.value)} />
      </div>
    </FormField>
  );
}

function Trust({ role, reload }: { role: RoleType; reload: () => Promise<void> }) {
  const now = textOf(role.AssumeRolePolicyDocument);
  const [base, setBase] = useState('');
  const [edited, setEdited] = useState<string>();
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const name = role.RoleName ?? '';
  const stop = () => {
    setEdited(undefined);
    clear();
  };
  const save = () =>
    run(async () => {
      const fresh = textOf((await getRole(name)).AssumeRolePolicyDocument);
      if (fresh !== base) throw Object.assign(new Error(s.trustChanged), { name: s.trustChangedCode });
      await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: edited }));
      push('success', s.trustSaved(name));
      setEdited(undefined);
      await reload();
    });
  if (edited === undefined) {
    return (
      <Container
        header={
          <Header
            variant="h3"
            description={s.trustHint}
            actions={
              <Button
                onClick={() => {
                  setBase(now);
                  setEdited(now);
                }}
              >
                {s.editTrust}
              </Button>
            }
          >
            {t.iam.roles.trusted}
          </Header>
        }
      >
        <pre className="document">{now}</pre>
      </Container>
    );
  }
  return (
    <Container header={<Header variant="h3">{s.editTrust}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <Editor label={t.iam.create.trust.document} text={edited} onChange={setEdited} />
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="primary" loading={busy} onClick={() => void save()}>
            {s.updateTrust}
          </Button>
          <Button variant="link" onClick={stop}>
            {t.cancel}
          </Button>
        </SpaceBetween>
        <CliCommand
          lines={[aws('iam', 'update-assume-role-policy', { 'role-name': name, 'policy-document': compact(edited) })]}
        />
      </SpaceBetween>
    </Container>
  );
}

function Tags({ name }: { name: string }) {
  const loaded = useLoad<TagEditorProps.Tag[]>(async () => {
    const reply = await iam().send(new ListRoleTagsCommand({ RoleName: name, MaxItems: 100 }));
    return (reply.Tags ?? []).map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '', existing: true }));
  }, name);
  const [edited, setEdited] = useState<readonly TagEditorProps.Tag[]>();
  const [valid, setValid] = useState(true);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const tags = edited ?? loaded.data ?? [];
  const kept = tags.filter((tag) => !tag.markedForRemoval);
  const removed = tags.filter((tag) => tag.markedForRemoval && tag.existing).map(({ key }) => key);
  const save = () =>
    run(async () => {
      if (removed.length) await iam().send(new UntagRoleCommand({ RoleName: name, TagKeys: removed }));
      if (kept.length) {
        await iam().send(
          new TagRoleCommand({ RoleName: name, Tags: kept.map(({ key, value }) => ({ Key: key, Value: value })) }),
        );
      }
      push('success', s.tagsSaved(name));
      await loaded.reload();
      setEdited(undefined);
    });
  return (
    <Container header={<Header variant="h3" description={s.tagsHint}>{s.tabs.tags}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={error ?? loaded.error} />
        <TagEditor
          tags={tags}
          tagLimit={50}
          loading={loaded.loading}
          onChange={({ detail }) => {
            setEdited(detail.tags);
            setValid(detail.valid);
          }}
        />
        <Button disabled={!edited || !valid} loading={busy} onClick={() => void save()}>
          {t.save}
        </Button>
        {edited && (
          <CliCommand
            lines={[
              ...(removed.length ? [aws('iam', 'untag-role', { 'role-name': name, 'tag-keys': removed })] : []),
              ...(kept.length
                ? [
                    aws('iam', 'tag-role', {
                      'role-name': name,
                      tags: kept.map(({ key, value }) => `Key=${key},Value=${value}`),
                    }),
                  ]
                : []),
            ]}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

function revocation(now: Date): string {
  return pretty({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': now.toISOString() } },
      },
    ],
  });
}

function Revoke({ name }: { name: string }) {
  const [asking, setAsking] = useState(false);
  const { push } = useFlash();
  const revoked = useLoad(async () => {
    if (!(await inlinePolicies(name)).includes(REVOKE)) return null;
    const reply = await iam().send(new GetRolePolicyCommand({ RoleName: name, PolicyName: REVOKE }));
    const document = documentOf(reply.PolicyDocument) as {
      Statement?: { Condition?: { DateLessThan?: Record<string, string> } }[];
    };
    return document.Statement?.[0]?.Condition?.DateLessThan?.['aws:TokenIssueTime'] ?? null;
  }, name);
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={<Button onClick={() => setAsking(true)}>{s.revokeButton}</Button>}
        >
          {s.tabs.revoke}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Box>{s.revokeHint}</Box>
        {revoked.data && <Box color="text-status-warning">{s.revokedSince(when(revoked.data))}</Box>}
      </SpaceBetween>
      {asking && (
        <Confirm
          header={s.revokeHeader(name)}
          word={s.revokeWord}
          button={s.revokeButton}
          commands={[
            aws('iam', 'put-role-policy', {
              'role-name': name,
              'policy-name': REVOKE,
              'policy-document': compact(revocation(new Date())),
            }),
          ]}
          onDismiss={() => setAsking(false)}
          onConfirm={async () => {
            await iam().send(
              new PutRolePolicyCommand({ RoleName: name, PolicyName: REVOKE, PolicyDocument: revocation(new Date()) }),
            );
            push('success', s.revoked(name));
            await revoked.reload();
          }}
        >
          <Box>{s.revokeWarning}</Box>
        </Confirm>
      )}
    </Container>
  );
}
