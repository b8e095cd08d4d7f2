/** What was denied of late, and why: from the trail of events, where one may look it up. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useLoad } from '../data';
import { readable } from '../errors';
import { latestEvents, type TrailEvent } from '../light';
import { session } from '../session';
import { WhyDenied } from '../shell/denied';
import { ago, Empty } from '../shell/parts';
import { t } from '../strings';

const s = t.home.denials;
const CODES = /AccessDenied|UnauthorizedOperation|Forbidden/;
const SHOWN = 5;

interface Denied {
  id: string;
  at: Date | undefined;
  call: string;
  who: string;
  message: string;
}

async function look(): Promise<Denied[] | undefined> {
  if (!session().services.includes('cloudtrail')) return undefined;
  return (await latestEvents(50)).map(denied).filter((each) => each !== undefined).slice(0, SHOWN);
}

function denied(event: TrailEvent): Denied | undefined {
  const record = JSON.parse(event.CloudTrailEvent) as Record<string, string | undefined>;
  if (!CODES.test(record.errorCode ?? '')) return undefined;
  return {
    id: event.EventId,
    at: new Date(event.EventTime * 1000),
    call: `${event.EventSource.replace('.amazonaws.com', '')}:${event.EventName}`,
    who: event.Username ?? t.none,
    message: readable(record.errorMessage ?? record.errorCode ?? ''),
  };
}

/** Nothing at all where the events can not be looked up. */
export function RecentDenials() {
  const denials = useLoad(look, 'recent denials', 30);
  if (!denials.data) return null;
  return (
    <Container header={<Header variant="h2" description={s.hint}>{s.title}</Header>}>
      {denials.data.length === 0 ? (
        <Empty header={s.none}>{s.noneHint}</Empty>
      ) : (
        <SpaceBetween size="m">
          {denials.data.map(({ id, at, call, who, message }) => (
            <div key={id}>
              <Box variant="strong">{call}</Box> <Box variant="span">{s.by(who, ago(at))}</Box>
              <Box color="text-body-secondary">
                <span className="wrap">{message}</span>
              </Box>
              <WhyDenied message={message} request={id} />
            </div>
          ))}
        </SpaceBetween>
      )}
    </Container>
  );
}
