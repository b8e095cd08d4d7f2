/**
 * The few calls that the first page makes, without the SDK's clients: those would be half of what that page loads. Requests are
 * signed with the session's credentials as any other, and errors have AWS's codes.
 */
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { session } from './session';

async function send(service: string, region: string, method: 'GET' | 'POST', body: string): Promise<Document> {
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
    headers: {
      host: location.host,
      ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
    },
    ...(method === 'POST' ? { body } : {}),
  });
  const { host: _, ...sent } = headers;
  const reply = await fetch('/', { method, headers: sent, credentials: 'omit', cache: 'no-store', ...(method === 'POST' ? { body } : {}) });
  const read = new DOMParser().parseFromString(await reply.text(), 'text/xml');
  if (reply.ok) return read;
  const error = new Error(textOf(read, 'Message') || reply.statusText);
  error.name = textOf(read, 'Code') || String(reply.status);
  throw error;
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
    const page = await send('iam', 'us-east-1', 'POST', new URLSearchParams(asked).toString());
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
    const page = await send('ec2', session().region, 'POST', new URLSearchParams(asked).toString());
    pages.push(page);
    token = textOf(page, 'nextToken');
  } while (token);
  return pages;
}

/** The names of the caller's buckets. */
export async function bucketNames(): Promise<string[]> {
  return at(await send('s3', session().region, 'GET', ''), 'Bucket', 'Name').map((each) => each.textContent ?? '');
}
