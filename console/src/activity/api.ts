/** The event history: CloudTrail's LookupEvents, and what its records say. */
import { CloudTrailClient, type Event, LookupEventsCommand, type LookupAttribute } from '@aws-sdk/client-cloudtrail';
import { perSession } from '../clients';
import { session } from '../session';

const HOME = 'us-east-1';

const perRegion = perSession((given) => {
  const clients = new Map<string, CloudTrailClient>();
  return (region: string) => {
    const found = clients.get(region) ?? new CloudTrailClient({ ...given, region });
    clients.set(region, found);
    return found;
  };
});

export interface StatementRef {
  layer?: string;
  effect?: string;
  policy: string;
  sid: string | null;
  index: number;
}

export interface Miss extends StatementRef {
  element: string;
  operator?: string;
  key?: string;
  expected: string[];
  found: string[];
}

/** What the server kept of a decision: see `tabard explain`. */
export interface Explanation {
  principal: string;
  action: string;
  resource: string;
  result: string;
  layer: string | null;
  statements: StatementRef[];
  matches: StatementRef[];
  nearMisses: Miss[];
  nearMissesLeftOut: number;
  context: Record<string, string | string[]>;
}

export interface TrailRecord {
  eventID: string;
  eventName: string;
  eventSource: string;
  eventTime: string;
  awsRegion: string;
  sourceIPAddress?: string;
  userAgent?: string;
  requestID?: string;
  readOnly?: boolean;
  errorCode?: string;
  errorMessage?: string;
  userIdentity?: { arn?: string; type?: string; accessKeyId?: string };
  additionalEventData?: { decision?: string; layer?: string; statements?: StatementRef[]; explanation?: Explanation };
}

export interface Happening {
  id: string;
  name: string;
  at: Date;
  user: string;
  source: string;
  resources: { type: string; name: string }[];
  key: string;
  record: TrailRecord;
  text: string;
}

const DENIED = /AccessDenied|UnauthorizedOperation|Forbidden/;

export const isDenied = ({ record }: Happening): boolean => DENIED.test(record.errorCode ?? '');

function happening(event: Event): Happening {
  const text = event.CloudTrailEvent ?? '{}';
  return {
    id: event.EventId ?? '',
    name: event.EventName ?? '',
    at: event.EventTime ?? new Date(0),
    user: event.Username ?? '',
    source: event.EventSource ?? '',
    resources: (event.Resources ?? []).map(({ ResourceType, ResourceName }) => ({ type: ResourceType ?? '', name: ResourceName ?? '' })),
    key: event.AccessKeyId ?? '',
    record: JSON.parse(text) as TrailRecord,
    text,
  };
}

export interface Lookup {
  attribute: LookupAttribute | undefined;
  seconds: number;
  refusedOnly: boolean;
}

export interface Events {
  found: Happening[];
  looked: number;
  more: boolean;
}

/** The newest events of a kind: no more than `limit` are looked at. */
export async function lookUp({ attribute, seconds, refusedOnly }: Lookup, limit: number): Promise<Events> {
  const client = perRegion()(session().region);
  const StartTime = new Date(Math.floor(Date.now() / 1000 - seconds) * 1000);
  const found: Happening[] = [];
  let looked = 0;
  let token: string | undefined;
  do {
    const page = await client.send(
      new LookupEventsCommand({
        ...(attribute ? { LookupAttributes: [attribute] } : {}),
        StartTime,
        MaxResults: 50,
        NextToken: token,
      }),
    );
    const events = (page.Events ?? []).map(happening);
    looked += events.length;
    found.push(...events.filter((each) => !refusedOnly || each.record.errorCode));
    token = page.NextToken;
  } while (token && looked < limit);
  return { found, looked, more: Boolean(token) };
}

/** One event, here or where IAM's are. */
export async function eventOf(id: string): Promise<Happening | undefined> {
  for (const region of new Set([session().region, HOME])) {
    const page = await perRegion()(region).send(
      new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventId', AttributeValue: id }] }),
    );
    const [found] = page.Events ?? [];
    if (found) return happening(found);
  }
  return undefined;
}
