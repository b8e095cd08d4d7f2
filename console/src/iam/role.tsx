/** A role's own page. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { useLoad } from '../data';
import { navigate } from '../routing';
import { ago, Confirm, Copyable, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { deleteCommands, deleteRole, getRole, profilesOf, trusted } from './api';
import { Revoke } from './role-revoke';
import { Permissions } from './role-permissions';
import { Tags } from './role-tags';
import { Trust } from './role-trust';

const s = t.iam.role;

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
