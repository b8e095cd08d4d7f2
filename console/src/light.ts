/**
 * The few calls that the first page makes, without the SDK's clients: those would be half of what that page loads. Requests are
 * signed with the session's credentials as any other, and errors have AWS's codes.
 */
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { session } from './session';

interface Asked {
  service: string;
  region: string;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

async function send({ service, region, method, headers: more = {}, body }: Asked): Promise<Response> {
  const { credentials } = session();
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken } : {}),
    },
  });
  const { headers } = await signer.sign({
    method,
    protocol: location.protocol,
    hostname: location.hostname,
    path: '/',
    query: {},
    headers: { host: location.host, ...more },
    ...(body === undefined ? {} : { body }),
  });
  const { host: _host, ...sent } = headers;
  return fetch('/', { method, headers: sent, credentials: 'omit', cache: 'no-store', ...(body === undefined ? {} : { body }) });
}

function refused(code: string, message: string): Error {
  const error = new Error(message);
  error.name = code;
  return error;
}

async function xml(asked: Asked): Promise<Document> {
  const reply = await send(asked);
  const read = new DOMParser().parseFromString(await reply.text(), 'text/xml');
  if (reply.ok) return read;
  throw refused(textOf(read, 'Code') || String(reply.status), textOf(read, 'Message') || reply.statusText);
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

function query(service: string, region: string, asked: Record<string, string>): Promise<Document> {
  return xml({ service, region, method: 'POST', headers: FORM, body: new URLSearchParams(asked).toString() });
}

/** The text of the first element of this name below another, whatever its namespace; empty where there is none. */
export function textOf(within: Document | Element, name: string): string {
  return within.getElementsByTagNameNS('*', name)[0]?.textContent ?? '';
}

/** The elements at the end of a path below another, such as `Roles member`. */
export function at(within: Document | Element, ...path: string[]): Element[] {
  return path.reduce<(Document | Element)[]>(
    (found, name) => found.flatMap((each) => [...each.getElementsByTagNameNS('*', name)]),
    [within],
  ) as Element[];
}

/** Every page of a listing of IAM's. */
export async function iamPages(action: string, more: Record<string, string> = {}): Promise<Document[]> {
  const pages: Document[] = [];
  let marker = '';
  do {
    const asked = { Action: action, Version: '2010-05-08', ...more, ...(marker ? { Marker: marker } : {}) };
    const page = await query('iam', 'us-east-1', asked);
    pages.push(page);
    marker = textOf(page, 'Marker');
  } while (marker);
  return pages;
}

/** Every page of a listing of EC2's in the region that is worked in. */
export async function ec2Pages(action: string): Promise<Document[]> {
  const pages: Document[] = [];
  let token = '';
  do {
    const asked = { Action: action, Version: '2016-11-15', ...(token ? { NextToken: token } : {}) };
    const page = await query('ec2', session().region, asked);
    pages.push(page);
    token = textOf(page, 'nextToken');
  } while (token);
  return pages;
}

/** The names of the caller's buckets. */
export async function bucketNames(): Promise<string[]> {
  const listing = await xml({ service: 's3', region: session().region, method: 'GET' });
  return at(listing, 'Bucket', 'Name').map((each) => each.textContent);
}

export interface TrailEvent {
  EventId: string;
  EventName: string;
  EventSource: string;
  EventTime: number;
  Username?: string;
  CloudTrailEvent: string;
}

/** The latest management events of the account. */
export async function latestEvents(count: number): Promise<TrailEvent[]> {
  const reply = await send({
    service: 'cloudtrail',
    region: session().region,
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents',
    },
    body: JSON.stringify({ MaxResults: count }),
  });
  const told = (await reply.json()) as { Events?: TrailEvent[]; __type?: string; message?: string; Message?: string };
  if (reply.ok) return told.Events ?? [];
  throw refused(told.__type?.split('#').pop() ?? String(reply.status), told.message ?? told.Message ?? reply.statusText);
}
