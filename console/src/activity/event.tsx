/** One event: who did what, why it was allowed or denied, and its record. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useLoad } from '../data';
import { readable } from '../errors';
import { pathOf, To } from '../routing';
import { Copyable, CopyIcon, Empty, ErrorAlert, when } from '../shell/parts';
import { t } from '../strings';
import { eventOf, isDenied } from './api';
import { Why } from './why';

const s = t.activity.event;
const h = t.activity.history;

/** The page of a resource that an event names, where the console has one. */
function pathTo(type: string, name: string): string | undefined {
  switch (type) {
    case 'AWS::IAM::Role':
      return name.includes(':') ? undefined : pathOf('iam', 'roles', name);
    case 'AWS::IAM::Policy':
      return name.startsWith('arn:') ? `/iam/policies?arn=${encodeURIComponent(name)}` : undefined;
    case 'AWS::EC2::Instance':
      return name.startsWith('i-') ? pathOf('ec2', 'instances', name) : undefined;
    case 'AWS::EC2::SecurityGroup':
      return pathOf('ec2', 'security-groups', name);
    case 'AWS::S3::Bucket':
      return pathOf('s3', 'buckets', name);
    default:
      return undefined;
  }
}

export default function EventPage({ id }: { id: string }) {
  const loaded = useLoad(async () => (await eventOf(id)) ?? null, `event ${id}`);
  if (loaded.loading) return <Spinner size="large" />;
  const event = loaded.data;
  if (!event) {
    return loaded.error ? <ErrorAlert error={loaded.error} /> : <Empty header={s.missing(id)}>{s.missingHint}</Empty>;
  }
  const { record } = event;
  const text = JSON.stringify(record, null, 2);
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={when(event.at)}>
        {event.name}
      </Header>
      <Container header={<Header variant="h2">{s.details}</Header>}>
        <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          minColumnWidth={240}
          items={[
            { label: h.user, value: event.user || t.none },
            { label: s.who, value: <span className="wrap">{record.userIdentity?.arn ?? record.userIdentity?.type ?? t.none}</span> },
            { label: h.key, value: event.key || t.none },
            { label: h.source, value: event.source },
            { label: h.region, value: record.awsRegion },
            { label: h.address, value: record.sourceIPAddress ?? t.none },
            { label: h.readOnly, value: record.readOnly ? h.yes : h.no },
            { label: s.request, value: <Copyable text={record.requestID ?? event.id} label={s.request} /> },
            { label: s.agent, value: <span className="wrap">{record.userAgent ?? t.none}</span> },
          ]}
        />
        {record.errorCode && (
          <div>
            <StatusIndicator type={isDenied(event) ? 'error' : 'warning'}>{record.errorCode}</StatusIndicator>
            <Box>
              <span className="wrap">{readable(record.errorMessage ?? '')}</span>
            </Box>
          </div>
        )}
        </SpaceBetween>
      </Container>
      <Why event={event} />
      <Container header={<Header variant="h2" counter={`(${event.resources.length})`}>{s.resources}</Header>}>
        {event.resources.length ? (
          <KeyValuePairs
            columns={2}
            minColumnWidth={240}
            items={event.resources.map(({ type, name }) => {
              const path = pathTo(type, name);
              return { label: type, value: path ? <To path={path}>{name}</To> : <span className="wrap">{name}</span> };
            })}
          />
        ) : (
          <Box color="text-body-secondary">{s.noResources}</Box>
        )}
      </Container>
      <Container header={<Header variant="h2">{s.record}</Header>}>
        <div className="command" data-testid="record">
          <pre>{text}</pre>
          <CopyIcon text={text} label={s.copy} />
        </div>
      </Container>
    </SpaceBetween>
  );
}
