/** Connect to an instance: a terminal here, or the line for a terminal of one's own. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { lazy, Suspense } from 'react';
import { quoted } from '../cli';
import { useLoad } from '../data';
import { navigate, pathOf, useRoute } from '../routing';
import { session } from '../session';
import { CopyIcon, Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { getInstance, nameOf } from './api';

const Browser = lazy(() => import('./terminal'));
const c = t.ec2.connect;
const TRY = 'aws s3 ls\naws sts get-caller-identity';

export default function Connect({ id }: { id: string }) {
  const { query } = useRoute();
  const instance = useLoad(() => getInstance(id), id, 5);
  const place = `${pathOf('ec2', 'instances', id)}/connect`;
  if (instance.loading) return <Spinner size="large" />;
  const found = instance.data;
  if (!found) return instance.error ? <ErrorAlert error={instance.error} /> : <Empty header={t.ec2.instance.missing(id)} />;
  const running = found.State?.Name === 'running';
  const tabs = [
    {
      id: 'browser',
      label: c.tabs.browser,
      content: (
        <Suspense fallback={<Spinner />}>
          <Browser id={id} running={running} />
        </Suspense>
      ),
    },
    {
      id: 'ssh',
      label: c.tabs.ssh,
      content: <Ssh ip={running ? found.PublicIpAddress : undefined} keyName={found.KeyName} />,
    },
  ];
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={instance.error} />
      <Header variant="h1" description={c.description}>{`${c.page} ${nameOf(found) || id}`}</Header>
      <Tabs
        activeTabId={query.get('tab') ?? 'browser'}
        onChange={({ detail }) => navigate(`${place}?tab=${detail.activeTabId}`, true)}
        tabs={tabs}
      />
    </SpaceBetween>
  );
}

function Ssh({ ip, keyName }: { ip: string | undefined; keyName: string | undefined }) {
  if (!ip) return <Empty header={c.notRunning}>{c.notRunningHint}</Empty>;
  const { sshPort } = session();
  const port = sshPort === 22 ? '' : ` -p ${sshPort}`;
  const key = keyName ? ` -i ${quoted(`${keyName}.pem`)}` : '';
  const line = `ssh${key}${port} ec2-user@${ip}`;
  return (
    <Container header={<Header variant="h2">{c.header}</Header>}>
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
