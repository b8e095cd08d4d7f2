/**
 * Who is signed in. The credentials are session credentials; they live in this tab's session storage, and other tabs of this
 * origin may ask for them. What proved who one is (a password, an access key's secret) is forgotten with the form.
 */
import { useSyncExternalStore } from 'react';
import { t } from './strings';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** A role that was switched to, as the menu shows it. */
export interface Worn {
  account: string;
  role: string;
  display: string;
  colour: string;
}

export interface Session {
  account: string;
  arn: string;
  kind: 'Root' | 'User' | 'AssumedRole' | 'FederatedUser';
  name: string;
  region: string;
  expiration: string;
  sshPort: number;
  mfa: boolean;
  /** The services that this server speaks, by the names that signatures have. */
  services: string[];
  credentials: Credentials;
  /** Where an identity broker said that its people sign in. */
  issuer?: string | undefined;
  /** The role that was switched to, and the session that it was switched to from. */
  worn?: Worn | undefined;
  base?: Session | undefined;
}

const KEY = 'tabard-session';
export const REGION = 'tabard-region';
const channel = new BroadcastChannel('tabard-session');
const listeners = new Set<() => void>();
let current: Session | null = read();
let ended = false;
let renewing = false;
let notice = '';

export function isLive(session: Session | undefined): session is Session {
  return session !== undefined && Date.parse(session.expiration) > Date.now();
}

function read(): Session | null {
  const stored = sessionStorage.getItem(KEY);
  if (!stored) return null;
  const session = JSON.parse(stored) as Session;
  return [session, session.base].find(isLive) ?? null;
}

function put(session: Session | null, why = ''): void {
  current = session;
  ended = false;
  renewing = false;
  notice = why;
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

type Message = { ask: true } | { session: Session } | { signedOut: true };

channel.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ('ask' in message) {
    if (current && !ended) channel.postMessage({ session: current });
  } else if ('signedOut' in message) {
    if (current) put(null, t.signIn.signedOutElsewhere);
  } else if ((!current || (ended && current.arn === message.session.arn)) && isLive(message.session)) {
    put(message.session);
  }
};

// whoever comes by a link signs in by it, and not as another tab has
if (!current && !/^#(token|signin)=/.test(location.hash)) channel.postMessage({ ask: true });

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

/** Whether one has to sign in again (`ended`), or wants to before one has to (`renewing`). */
export function useSigningInAgain(): 'ended' | 'renewing' | undefined {
  return useSyncExternalStore(subscribe, () => (ended ? 'ended' : renewing ? 'renewing' : undefined));
}

export function session(): Session {
  if (!current) throw new Error(t.signIn.expired);
  return current;
}

/** The session is over. What is on the screen stays, with all that was typed, below the dialog that signs in again. */
export function expire(): void {
  if (!current || ended) return;
  ended = true;
  sessionStorage.removeItem(KEY);
  tell();
}

/** Ask to sign in again before the session is over, or put the question away. */
export function renew(wanted: boolean): void {
  renewing = wanted;
  tell();
}

export function signOut(): void {
  channel.postMessage({ signedOut: true });
  put(null, t.signIn.signedOut);
}

/** Be nobody in this tab; others go on. */
export function leave(): void {
  put(null);
}

/** Work in another region from now on; roles are the same in all of them. */
export function workIn(region: string): void {
  localStorage.setItem(REGION, region);
  if (current) put({ ...current, region });
}

/** Go on as somebody: one who has signed in, or a role that was switched to. */
export function goOn(as: Session): void {
  if (ended && current?.worn && current.base?.arn === as.arn) {
    // whoever wore a role has signed in again: the role is put on again next, and the page stays as it is until then
    current = { ...current, base: as };
    tell();
    return;
  }
  const wasEnded = ended;
  put(as);
  if (wasEnded) channel.postMessage({ session: as });
}

/** Take off the role that was switched to. */
export function goBack(): void {
  if (current?.base) put({ ...current.base, region: current.region });
}
