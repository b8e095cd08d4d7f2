/** A user's own page. */
import { ListUserTagsCommand, TagUserCommand, UntagUserCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { aws } from '../cli';
import { all, useLoad } from '../data';
import { ago, Copyable, ErrorAlert, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { iam, tagOptions } from './api';
import { DeleteOne } from './entity-list';
import { LastAccessed } from './last-accessed';
import { Permissions } from './permissions';
import { LinkedTabs } from './tabs';
import { Credentials } from './user-credentials';
import { UserGroups } from './user-groups';
import { deleteUser, deleteUserCommands, detailOf, getUser } from './users-api';

const s = t.iam.users;

export default function UserPage({ name }: { name: string }) {
  const loaded = useLoad(() => getUser(name), `user ${name}`, 20);
  // asked for once, not every few seconds: that there is no password is told by an error, which the trail keeps
  const details = useLoad(async () => detailOf(await getUser(name)), `details of user ${name}`);
  const [deleting, setDeleting] = useState(false);
  if (loaded.loading) return <Spinner size="large" />;
  const user = loaded.data;
  if (!user) return <ErrorAlert error={loaded.error} />;
  const detail = details.data;
  const pending = details.loading ? '…' : t.unknown;
  const changed = async () => {
    await Promise.all([loaded.reload(), details.reload()]);
  };
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={loaded.error ?? details.error} />
      <Header
        variant="h1"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void changed()} />
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
            { label: 'ARN', value: <Copyable text={user.Arn ?? ''} label="ARN" /> },
            { label: s.console, value: !detail ? pending : detail.password ? (detail.mfa ? s.consoleWithMfa : s.consoleWithout) : s.noConsole },
            {
              label: s.keys,
              value: !detail
                ? pending
                : detail.keys.length
                ? detail.keys.map((key) => (
                    <div key={key.AccessKeyId}>
                      {key.AccessKeyId} – {key.Status === 'Active' ? s.keyActive : s.keyInactive}
                      {key.used?.LastUsedDate && `, ${ago(key.used.LastUsedDate)}`}
                    </div>
                  ))
                : t.none,
            },
            { label: t.created, value: when(user.CreateDate) },
            { label: s.lastSignIn, value: when(user.PasswordLastUsed) },
            { label: 'ID', value: <Copyable text={user.UserId ?? ''} label="ID" /> },
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
                identity={{ kind: 'user', name }}
                groups={detail?.groups ?? []}
                boundary={user.PermissionsBoundary?.PermissionsBoundaryArn ?? ''}
                onBoundary={loaded.reload}
              />
            ),
          },
          { id: 'groups', label: s.tabs.groups(detail?.groups.length), content: <UserGroups name={name} groups={detail?.groups ?? []} onChanged={changed} /> },
          { id: 'tags', label: s.tabs.tags, content: <Tags name={name} /> },
          { id: 'credentials', label: s.tabs.credentials, content: <Credentials user={user} detail={detail} onChanged={changed} /> },
          { id: 'accessed', label: s.tabs.accessed, content: <LastAccessed arn={user.Arn ?? ''} /> },
        ]}
      />
      {deleting && <DeleteOne name={name} words={s} commands={deleteUserCommands(name)} remove={() => deleteUser(name)} list="/iam/users" onDismiss={() => setDeleting(false)} />}
    </SpaceBetween>
  );
}

function Tags({ name }: { name: string }) {
  const fresh = () =>
    all(async (Marker) => {
      const page = await iam().send(new ListUserTagsCommand({ UserName: name, Marker }));
      return { items: page.Tags, next: page.Marker };
    });
  const loaded = useLoad(fresh, `tags of user ${name}`);
  return (
    <TagForm
      loaded={loaded}
      fresh={fresh}
      description={t.iam.role.tagsHint}
      limit={50}
      saved={t.iam.role.tagsSaved(name)}
      save={async ({ changed, removed }) => {
        if (removed.length) await iam().send(new UntagUserCommand({ UserName: name, TagKeys: removed }));
        if (changed.length) await iam().send(new TagUserCommand({ UserName: name, Tags: changed }));
      }}
      commands={({ changed, removed }) => [
        ...(removed.length ? [aws('iam', 'untag-user', { 'user-name': name, 'tag-keys': removed })] : []),
        ...(changed.length ? [aws('iam', 'tag-user', { 'user-name': name, tags: tagOptions(changed) })] : []),
      ]}
    />
  );
}
