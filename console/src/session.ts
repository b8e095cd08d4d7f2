/**
 * Who is signed in. The credentials are session credentials; they live in this tab's session storage, and other tabs of this
 * origin may ask for them. The secret of an access key never leaves the sign-in form: it signs one request and is forgotten.
 */
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '@smithy/core/checksum';
import { useSyncExternalStore } from 'react';
import { t } from './strings';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Session {
  account: string;
  arn: string;
  kind: 'Root' | 'User' | 'AssumedRole';
  name: string;
  region: string;
  expiration: string;
  sshPort: number;
  credentials: Credentials;
}

const KEY = 'tabard-session';
const REGION = 'tabard-region';
const channel = new BroadcastChannel('tabard-session');
const listeners = new Set<() => void>();
let current: Session | null = read();
let notice = '';

function read(): Session | null {
  const stored = sessionStorage.getItem(KEY);
  if (!stored) return null;
  const session = JSON.parse(stored) as Session;
  return Date.parse(session.expiration) > Date.now() ? session : null;
}

function put(session: Session | null, why = ''): void {
  current = session;
  notice = why;
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

type Message = { ask: true } | { session: Session } | { signedOut: true };

channel.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ('ask' in message) {
    if (current) channel.postMessage({ session: current });
  } else if ('signedOut' in message) {
    if (current) put(null, t.signIn.signedOutElsewhere);
  } else if (!current && Date.parse(message.session.expiration) > Date.now()) {
    put(message.session);
  }
};

if (!current) channel.postMessage({ ask: true });

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session | null {
  return useSyncExternalStore(subscribe, () => current);
}

export function useNotice(): string {
  return useSyncExternalStore(subscribe, () => notice);
}

export function session(): Session {
  if (!current) throw new Error(t.signIn.expired);
  return current;
}

/** The session is over: show the sign-in page where one is, so that one returns there. */
export function expire(): void {
  if (current) put(null, t.signIn.expired);
}

export function signOut(): void {
  channel.postMessage({ signedOut: true });
  put(null, t.signIn.signedOut);
}

/** Work in another region from now on; roles are the same in all of them. */
export function workIn(region: string): void {
  localStorage.setItem(REGION, region);
  if (current) put({ ...current, region });
}

export class SignInError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = code;
  }
}

interface Told extends Omit<Session, 'credentials'> {
  credentials?: Credentials;
  code?: string;
  message?: string;
}

async function exchange(path: string, body: string, headers: Record<string, string>): Promise<Told> {
  let reply: Response;
  try {
    reply = await fetch(path, { method: 'POST', body, headers, credentials: 'omit', cache: 'no-store' });
  } catch {
    throw new SignInError('NetworkError', t.errors.unreachable);
  }
  const told = (await reply.json().catch(() => ({}))) as Told;
  if (!reply.ok) throw new SignInError(told.code ?? String(reply.status), told.message ?? reply.statusText);
  return told;
}

function begin(told: Told, given?: Credentials): void {
  const credentials = told.credentials ?? given;
  if (!credentials) throw new SignInError('NoCredentials', t.errors.unreachable);
  put({ ...told, region: localStorage.getItem(REGION) ?? told.region, credentials });
}

/** Open a one-time link's token. */
export async function signInWithLink(token: string): Promise<void> {
  begin(
    await exchange('/_/console/link', JSON.stringify({ token }), { 'content-type': 'application/json' }),
  );
}

/** Prove possession of an access key by a signature; the server answers with a session. */
export async function signInWithKey(given: Credentials): Promise<void> {
  const path = '/_/console/session';
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const body = JSON.stringify({ nonce });
  const signer = new SignatureV4({
    service: 'signin',
    region: 'us-east-1',
    credentials: {
      accessKeyId: given.accessKeyId,
      secretAccessKey: given.secretAccessKey,
      ...(given.sessionToken ? { sessionToken: given.sessionToken } : {}),
    },
    sha256: Sha256,
    applyChecksum: true,
  });
  const signed = await signer.sign({
    method: 'POST',
    protocol: location.protocol,
    hostname: location.hostname,
    path,
    query: {},
    headers: { host: location.host, 'content-type': 'application/json' },
    body,
  });
  const headers = Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'));
  begin(await exchange(path, body, headers), given);
}

/** The token of a one-time link, taken out of the address at once so that neither history nor a look shows it. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
