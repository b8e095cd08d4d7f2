/** One instance: what it is, the role that it wears, and how to log in. */
import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Tabs from '@cloudscape-design/components/tabs';
import { quoted } from '../cli';
import { useLoad } from '../data';
import { iam } from '../iam/api';
import { follow, href, navigate, pathOf, To, useRoute } from '../routing';
import { session } from '../session';
import { Copyable, CopyIcon, Empty, ErrorAlert, when } from '../shell/parts';
import { t } from '../strings';
import { InstanceActions } from './actions';
import { ec2, getInstance, indicatorOf, nameOf, profileOf } from './api';

const s = t.ec2.instance;
const TRY = 'aws s3 ls\naws sts get-caller-identity';

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
  if (instance.loading) return <Spinner size="large" />;
  const found = instance.data;
  if (!found) return instance.error ? <ErrorAlert error={instance.error} /> : <Empty header={s.missing(id)} />;
  const place = pathOf('ec2', 'instances', id);
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={instance.error} />
      <Header
        variant="h1"
        description={nameOf(found) || undefined}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => navigate(`${place}?tab=connect`)}>{t.ec2.connect.title}</Button>
            <InstanceActions instance={found} reload={instance.reload} />
          </SpaceBetween>
        }
      >
        {id}
      </Header>
      <Container header={<Header variant="h2">{s.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: t.ec2.instances.state,
              value: (
                <StatusIndicator type={indicatorOf(found.State?.Name)}>
                  {t.ec2.instances.states[found.State?.Name ?? ''] ?? found.State?.Name}
                </StatusIndicator>
              ),
            },
            {
              label: t.ec2.instances.role,
              value: role.data ? (
                <To path={pathOf('iam', 'roles', role.data)} data-testid="iam-role">
                  {role.data}
                </To>
              ) : (
                <SpaceBetween direction="horizontal" size="xs">
                  <span>{t.none}</span>
                  <To path={`${place}/iam-role`}>{s.attach}</To>
                </SpaceBetween>
              ),
            },
            { label: t.ec2.instances.type, value: found.InstanceType },
            {
              label: t.ec2.instances.publicIp,
              value: found.PublicIpAddress ? (
                <Copyable text={found.PublicIpAddress} label={t.ec2.instances.publicIp} />
              ) : (
                t.none
              ),
            },
            {
              label: t.ec2.instances.privateIp,
              value: found.PrivateIpAddress ? (
                <Copyable text={found.PrivateIpAddress} label={t.ec2.instances.privateIp} />
              ) : (
                t.none
              ),
            },
            { label: t.ec2.instances.zone, value: found.Placement?.AvailabilityZone ?? t.none },
          ]}
        />
      </Container>
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => navigate(`${place}?tab=${detail.activeTabId}`, true)}
        tabs={[
          {
            id: 'details',
            label: s.tabs.details,
            content: (
              <Container>
                <KeyValuePairs
                  columns={3}
                  items={[
                    { label: s.image, value: <Copyable text={found.ImageId ?? ''} label={s.image} /> },
                    { label: s.key, value: found.KeyName ?? t.none },
                    { label: s.launched, value: when(found.LaunchTime) },
                    { label: 'VPC', value: found.VpcId ?? t.none },
                    { label: s.subnet, value: found.SubnetId ?? t.none },
                    { label: s.platform, value: found.PlatformDetails ?? t.none },
                    { label: s.metadata, value: found.MetadataOptions?.HttpTokens === 'required' ? s.v2 : s.v1and2 },
                    { label: s.reason, value: found.StateReason?.Message ?? t.none },
                  ]}
                />
              </Container>
            ),
          },
          {
            id: 'security',
            label: s.tabs.security,
            content: (
              <Container
                header={
                  <Header
                    variant="h3"
                    actions={
                      <Button href={`${href(place)}/iam-role`} onFollow={follow}>
                        {t.ec2.role.title}
                      </Button>
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
                      value: role.data ? <To path={pathOf('iam', 'roles', role.data)}>{role.data}</To> : t.none,
                    },
                    {
                      label: s.groups,
                      value: found.SecurityGroups?.map(({ GroupName, GroupId }) => `${GroupName} (${GroupId})`).join(', ') ?? t.none,
                    },
                  ]}
                />
              </Container>
            ),
          },
          { id: 'connect', label: t.ec2.connect.title, content: <Connect ip={found.PublicIpAddress} keyName={found.KeyName} state={found.State?.Name} /> },
          { id: 'output', label: s.tabs.output, content: <Output id={id} /> },
          {
            id: 'tags',
            label: s.tabs.tags,
            content: (
              <Container>
                {found.Tags?.length ? (
                  <KeyValuePairs
                    columns={3}
                    items={found.Tags.map(({ Key, Value }) => ({ label: Key ?? '', value: Value || t.none }))}
                  />
                ) : (
                  <Empty header={s.noTags} />
                )}
              </Container>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

interface ConnectProps {
  ip: string | undefined;
  keyName: string | undefined;
  state: string | undefined;
}

function Connect({ ip, keyName, state }: ConnectProps) {
  const c = t.ec2.connect;
  if (state !== 'running' || !ip) return <Empty header={c.notRunning}>{c.notRunningHint}</Empty>;
  const { sshPort } = session();
  const port = sshPort === 22 ? '' : ` -p ${sshPort}`;
  const key = keyName ? ` -i ${quoted(`${keyName}.pem`)}` : '';
  const line = `ssh${key}${port} ec2-user@${ip}`;
  return (
    <Container header={<Header variant="h3">{c.header}</Header>}>
      <SpaceBetween size="s">
        <Box>{keyName ? c.hint(`${keyName}.pem`) : c.noKey}</Box>
        <div className="command" data-testid="ssh-line">
          <pre>{keyName ? `chmod 400 ${quoted(`${keyName}.pem`)}\n${line}` : line}</pre>
          <CopyIcon text={line} label={c.line} />
        </div>
        <Box>{c.then}</Box>
        <div className="command">
          <pre>{TRY}</pre>
          <CopyIcon text={TRY} label={c.tryLine} />
        </div>
      </SpaceBetween>
    </Container>
  );
}

function Output({ id }: { id: string }) {
  const output = useLoad(async () => {
    const reply = await ec2().send(new GetConsoleOutputCommand({ InstanceId: id }));
    const bytes = Uint8Array.from(atob(reply.Output ?? ''), (letter) => letter.charCodeAt(0));
    return new TextDecoder().decode(bytes);
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
