/** What is known of an instance: details, status checks, security, and what it wrote to its console. */
import { DescribeInstanceAttributeCommand, GetConsoleOutputCommand, type Instance } from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { Copyable, Empty, ErrorAlert, when } from '../shell/parts';
import { t } from '../strings';
import { decoded, ec2, getSecurityGroups, listStatuses } from './api';
import { isProtected } from './protection';
import { Rules } from './rules';

const s = t.ec2.instance;
const c = s.checks;

export function Details({ instance }: { instance: Instance }) {
  const id = instance.InstanceId ?? '';
  const extra = useLoad(async () => {
    const ask = (Attribute: 'userData' | 'instanceInitiatedShutdownBehavior') =>
      ec2().send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
    const [userData, shutdown, isKept] = await Promise.all([
      ask('userData'),
      ask('instanceInitiatedShutdownBehavior'),
      isProtected(id),
    ]);
    return {
      userData: decoded(userData.UserData?.Value),
      shutdown: shutdown.InstanceInitiatedShutdownBehavior?.Value ?? '',
      isKept,
    };
  }, `extra ${id} ${instance.State?.Name}`);
  const options = instance.MetadataOptions;
  const off = options?.HttpEndpoint === 'disabled';
  return (
    <SpaceBetween size="m">
      <Container>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.image, value: <Copyable text={instance.ImageId ?? ''} label={s.image} /> },
            { label: s.platform, value: instance.PlatformDetails ?? t.none },
            { label: s.architecture, value: instance.Architecture ?? t.none },
            { label: s.key, value: instance.KeyName ?? t.none },
            { label: s.launched, value: when(instance.LaunchTime) },
            { label: s.reason, value: instance.StateReason?.Message ?? t.none },
            { label: s.metadata, value: off ? s.metadataOff : options?.HttpTokens === 'required' ? s.v2 : s.v1and2 },
            { label: s.hops, value: options?.HttpPutResponseHopLimit ?? t.none },
            { label: s.metadataTags, value: options?.InstanceMetadataTags === 'enabled' ? s.on : s.off },
            ...(extra.data
              ? [
                  { label: s.termination, value: extra.data.isKept ? s.on : s.off },
                  { label: s.shutdown, value: t.ec2.launch.shutdowns[extra.data.shutdown] ?? extra.data.shutdown },
                ]
              : []),
          ]}
        />
      </Container>
      <ErrorAlert error={extra.error} />
      {extra.data && (
        <Container header={<Header variant="h3">{s.userData}</Header>}>
          {extra.data.userData ? (
            <pre className="document">{extra.data.userData}</pre>
          ) : (
            <Box color="text-body-secondary">{s.noUserData}</Box>
          )}
        </Container>
      )}
    </SpaceBetween>
  );
}

const CHECKS: Record<string, StatusIndicatorProps.Type> = {
  ok: 'success',
  impaired: 'error',
  initializing: 'pending',
  'not-applicable': 'stopped',
};

export function Status({ id }: { id: string }) {
  const loaded = useLoad(() => listStatuses(id), `status ${id}`, 5);
  if (loaded.loading) return <Spinner />;
  const status = loaded.data?.[0];
  const check = (state: string | undefined, hint: string) => (
    <>
      <StatusIndicator type={CHECKS[state ?? ''] ?? 'pending'}>{c.states[state ?? ''] ?? state ?? t.none}</StatusIndicator>
      <Box color="text-body-secondary">{hint}</Box>
    </>
  );
  return (
    <Container>
      <SpaceBetween size="m">
        <ErrorAlert error={loaded.error} />
        <KeyValuePairs
          columns={2}
          items={[
            { label: c.system, value: check(status?.SystemStatus?.Status, c.systemHint) },
            { label: c.instance, value: check(status?.InstanceStatus?.Status, c.instanceHint) },
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}

export function Security({ instance, role }: { instance: Instance; role: string }) {
  const ids = (instance.SecurityGroups ?? []).map(({ GroupId }) => GroupId ?? '');
  const groups = useLoad(() => getSecurityGroups(ids), `groups ${ids.join()}`);
  const place = pathOf('ec2', 'instances', instance.InstanceId ?? '');
  return (
    <SpaceBetween size="m">
      <Container
        header={
          <Header
            variant="h3"
            actions={
              instance.State?.Name !== 'terminated' && (
                <Button href={`${href(place)}/iam-role`} onFollow={follow}>
                  {t.ec2.role.title}
                </Button>
              )
            }
          >
            {s.tabs.security}
          </Header>
        }
      >
        <KeyValuePairs
          columns={2}
          items={[
            {
              label: t.ec2.instances.role,
              value: role ? <To path={pathOf('iam', 'roles', role)}>{role}</To> : t.none,
            },
            {
              label: s.groups,
              value: ids.length
                ? (instance.SecurityGroups ?? []).map(({ GroupId, GroupName }) => (
                    <div key={GroupId}>
                      <To path={pathOf('ec2', 'security-groups', GroupId ?? '')}>{GroupName ?? GroupId ?? ''}</To>
                    </div>
                  ))
                : t.none,
            },
          ]}
        />
      </Container>
      <ErrorAlert error={groups.error} />
      {groups.data && groups.data.length > 0 && (
        <>
          <Rules header={s.rules(t.ec2.groups.inbound)} rules={groups.data.flatMap((each) => each.IpPermissions ?? [])} />
          <Rules header={s.rules(t.ec2.groups.outbound)} rules={groups.data.flatMap((each) => each.IpPermissionsEgress ?? [])} />
        </>
      )}
    </SpaceBetween>
  );
}

export function Output({ id }: { id: string }) {
  const output = useLoad(async () => {
    const reply = await ec2().send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
    return decoded(reply.Output);
  }, id);
  if (output.loading) return <Spinner />;
  if (output.error) return <ErrorAlert error={output.error} />;
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void output.reload()} />}
        >
          {s.tabs.output}
        </Header>
      }
    >
      {output.data ? <pre className="document">{output.data}</pre> : <Empty header={s.noOutput} />}
    </Container>
  );
}
