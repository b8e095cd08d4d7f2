/** One instance: what it is, the role that it wears, and everything known about it. */
import type { Instance } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { useEffect } from 'react';
import { useLoad } from '../data';
import { iam } from '../iam/api';
import { follow, href, navigate, pathOf, To, useRoute } from '../routing';
import { Copyable, Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { InstanceActions } from './actions';
import { getInstance, nameOf, profileOf } from './api';
import { Details, Output, Security, Status } from './instance-tabs';
import { InstanceTags, Networking, Storage } from './instance-parts';
import { State } from './state';

const s = t.ec2.instance;

/** The role in the profile that an instance wears; the profile's own name where the caller may not look into it. */
async function roleIn(profile: string): Promise<string> {
  if (!profile) return '';
  try {
    const reply = await iam().send(new GetInstanceProfileCommand({ InstanceProfileName: profile }));
    return reply.InstanceProfile?.Roles?.[0]?.RoleName ?? '';
  } catch {
    return profile;
  }
}

export default function InstancePage({ id }: { id: string }) {
  const { query } = useRoute();
  const instance = useLoad(() => getInstance(id), id, 3);
  const profile = instance.data ? profileOf(instance.data) : '';
  const role = useLoad(() => roleIn(profile), `role ${profile}`);
  const tab = query.get('tab') ?? 'details';
  const place = pathOf('ec2', 'instances', id);
  useEffect(() => {
    if (tab === 'connect') navigate(`${place}/connect`, true);
  }, [tab, place]);
  if (instance.loading) return <Spinner size="large" />;
  const found = instance.data;
  if (!found) return instance.error ? <ErrorAlert error={instance.error} /> : <Empty header={s.missing(id)} />;
  const tabs = [
    { id: 'details', label: s.tabs.details, content: <Details instance={found} /> },
    { id: 'status', label: s.tabs.status, content: <Status id={id} /> },
    { id: 'security', label: s.tabs.security, content: <Security instance={found} role={role.data ?? ''} /> },
    { id: 'network', label: s.tabs.network, content: <Networking instance={found} /> },
    { id: 'storage', label: s.tabs.storage, content: <Storage id={id} /> },
    { id: 'output', label: s.tabs.output, content: <Output id={id} /> },
    { id: 'tags', label: s.tabs.tags, content: <InstanceTags instance={found} reload={instance.reload} /> },
  ];
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={instance.error} />
      <Header
        variant="h1"
        description={nameOf(found) || undefined}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button href={`${href(place)}/connect`} onFollow={follow}>
              {t.ec2.connect.title}
            </Button>
            <InstanceActions instances={[found]} reload={instance.reload} />
          </SpaceBetween>
        }
      >
        {id}
      </Header>
      <Summary instance={found} role={role.data ?? ''} place={place} />
      <Tabs activeTabId={tab} onChange={({ detail }) => navigate(`${place}?tab=${detail.activeTabId}`, true)} tabs={tabs} />
    </SpaceBetween>
  );
}

function Summary({ instance, role, place }: { instance: Instance; role: string; place: string }) {
  const address = (text: string | undefined, label: string) => (text ? <Copyable text={text} label={label} /> : t.none);
  const i = t.ec2.instances;
  return (
    <Container header={<Header variant="h2">{s.summary}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: i.state, value: <State name={instance.State?.Name} /> },
          {
            label: i.role,
            value: role ? (
              <To path={pathOf('iam', 'roles', role)} data-testid="iam-role">
                {role}
              </To>
            ) : (
              <SpaceBetween direction="horizontal" size="xs">
                <span>{t.none}</span>
                {instance.State?.Name !== 'terminated' && <To path={`${place}/iam-role`}>{s.attach}</To>}
              </SpaceBetween>
            ),
          },
          { label: i.type, value: instance.InstanceType },
          { label: i.publicIp, value: address(instance.PublicIpAddress, i.publicIp) },
          { label: i.privateIp, value: address(instance.PrivateIpAddress, i.privateIp) },
          { label: i.zone, value: instance.Placement?.AvailabilityZone ?? t.none },
        ]}
      />
    </Container>
  );
}
