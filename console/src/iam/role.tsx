/** A role's own page. */
import { ListRoleTagsCommand, TagRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { aws } from '../cli';
import { all, useLoad } from '../data';
import { href } from '../routing';
import { session } from '../session';
import { ago, Copyable, ErrorAlert, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { deleteCommands, deleteRole, getRole, iam, profilesOf, tagOptions, trusted } from './api';
import { DeleteOne } from './entity-list';
import { LastAccessed } from './last-accessed';
import { Permissions } from './permissions';
import { Revoke } from './role-revoke';
import { Settings } from './role-settings';
import { Trust } from './role-trust';
import { LinkedTabs } from './tabs';

const s = t.iam.role;

function hours(seconds: number): string {
  return seconds % 3600 ? s.minutes(Math.round(seconds / 60)) : s.hours(seconds / 3600);
}

export default function Role({ name }: { name: string }) {
  const role = useLoad(() => getRole(name), name, 10);
  const profiles = useLoad(() => profilesOf(name), name);
  const [deleting, setDeleting] = useState(false);
  const [editing, setEditing] = useState(false);
  if (role.loading) return <Spinner size="large" />;
  const found = role.data;
  if (!found) return <ErrorAlert error={role.error} />;
  const used = found.RoleLastUsed?.LastUsedDate;
  const link = `${location.origin}${href('/switchrole')}?roleName=${encodeURIComponent(name)}&account=${session().account}`;
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={role.error} />
      <Header
        variant="h1"
        description={found.Description}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => setEditing(true)}>{t.edit}</Button>
            <Button onClick={() => setDeleting(true)}>{t.delete}</Button>
          </SpaceBetween>
        }
      >
        {name}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: t.created, value: when(found.CreateDate) },
            { label: 'ARN', value: <Copyable text={found.Arn ?? ''} label="ARN" /> },
            { label: s.link, value: <Copyable text={link} label={s.link} /> },
            {
              label: t.iam.roles.lastActivity,
              value: used ? <span title={when(used)}>{`${ago(used)} (${found.RoleLastUsed?.Region ?? ''})`}</span> : t.none,
            },
            {
              label: s.profile,
              value: profiles.data?.length
                ? profiles.data.map(({ Arn }) => <Copyable key={Arn} text={Arn ?? ''} label={s.profile} />)
                : t.none,
            },
            { label: s.duration, value: hours(found.MaxSessionDuration ?? 3600) },
            { label: t.iam.roles.trusted, value: trusted(found).join(', ') || t.none },
            { label: 'ID', value: <Copyable text={found.RoleId ?? ''} label="ID" /> },
            { label: t.path, value: found.Path },
          ]}
        />
      </Container>
      <LinkedTabs
        label={name}
        tabs={[
          {
            id: 'permissions',
            label: s.tabs.permissions,
            content: (
              <Permissions
                identity={{ kind: 'role', name }}
                boundary={found.PermissionsBoundary?.PermissionsBoundaryArn ?? ''}
                onBoundary={role.reload}
              />
            ),
          },
          { id: 'trust', label: s.tabs.trust, content: <Trust role={found} reload={role.reload} /> },
          { id: 'tags', label: s.tabs.tags, content: <Tags name={name} /> },
          { id: 'accessed', label: s.tabs.accessed, content: <LastAccessed arn={found.Arn ?? ''} /> },
          { id: 'revoke', label: s.tabs.revoke, content: <Revoke name={name} /> },
        ]}
      />
      {editing && <Settings role={found} onDismiss={() => setEditing(false)} onDone={role.reload} />}
      {deleting && <DeleteOne name={name} words={t.iam.roles} commands={deleteCommands(name)} remove={() => deleteRole(name)} list="/iam/roles" onDismiss={() => setDeleting(false)} />}
    </SpaceBetween>
  );
}

function Tags({ name }: { name: string }) {
  const fresh = () =>
    all(async (Marker) => {
      const page = await iam().send(new ListRoleTagsCommand({ RoleName: name, Marker }));
      return { items: page.Tags, next: page.Marker };
    });
  const loaded = useLoad(fresh, `tags of role ${name}`);
  return (
    <TagForm
      loaded={loaded}
      fresh={fresh}
      description={s.tagsHint}
      limit={50}
      saved={s.tagsSaved(name)}
      save={async ({ changed, removed }) => {
        if (removed.length) await iam().send(new UntagRoleCommand({ RoleName: name, TagKeys: removed }));
        if (changed.length) await iam().send(new TagRoleCommand({ RoleName: name, Tags: changed }));
      }}
      commands={({ changed, removed }) => [
        ...(removed.length ? [aws('iam', 'untag-role', { 'role-name': name, 'tag-keys': removed })] : []),
        ...(changed.length ? [aws('iam', 'tag-role', { 'role-name': name, tags: tagOptions(changed) })] : []),
      ]}
    />
  );
}
