/** Exchanging what proves who one is for a session: a link, a name and password, an access key, a federation token. */
import { type Credentials, goOn, REGION, type Session } from './session';
import { t } from './strings';

export class SignInError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
    this.name = code;
  }
}

interface Told extends Omit<Session, 'credentials'> {
  credentials?: Credentials;
  device?: string;
}

const ACCOUNT = 'tabard-account';

/** The account that somebody signed in to here last: its number or alias. */
export function lastAccount(): string {
  return localStorage.getItem(ACCOUNT) ?? '';
}

const deviceKey = (account: string, user: string) => `tabard-device ${account.toLowerCase()} ${user.toLowerCase()}`;

async function exchange(path: string, body: string, headers: Record<string, string>): Promise<Told> {
  let reply: Response;
  try {
    reply = await fetch(path, { method: 'POST', body, headers, credentials: 'omit', cache: 'no-store' });
  } catch {
    throw new SignInError('NetworkError', t.errors.unreachable);
  }
  const told = (await reply.json().catch(() => ({}))) as Told & Record<string, string>;
  if (!reply.ok) throw new SignInError(told.code ?? String(reply.status), told.message ?? reply.statusText, told);
  return told;
}

function post(name: string, body: Record<string, string>): Promise<Told> {
  return exchange(`/_/console/${name}`, JSON.stringify(body), { 'content-type': 'application/json' });
}

function begin({ device: _device, ...told }: Told, given?: Credentials, issuer?: string): void {
  const credentials = told.credentials ?? given;
  if (!credentials) throw new SignInError('NoCredentials', t.errors.unreachable);
  goOn({ ...told, region: localStorage.getItem(REGION) ?? told.region, credentials, issuer });
}

/** What stood after the `#` of the address that one came by. */
export interface Invitation {
  kind: 'link' | 'federation';
  token: string;
  issuer: string;
}

/** Open a one-time link, or the federation endpoint's token. */
export async function signInByInvitation({ kind, token, issuer }: Invitation, code: string): Promise<void> {
  begin(await post(kind, { token, code }), undefined, issuer || undefined);
}

export interface Named {
  account: string;
  user: string;
  password: string;
}

export async function signInWithPassword(named: Named, code: string): Promise<void> {
  const { account, user } = named;
  const device = localStorage.getItem(deviceKey(account, user)) ?? '';
  remember(named, await post('password', { ...named, code, device }));
}

/** Choose the new password that has to be chosen; the ticket says what was proved. */
export async function choosePassword(named: Named, ticket: string, chosen: string): Promise<void> {
  remember(named, await post('password-change', { ticket, old: named.password, new: chosen }));
}

function remember({ account, user }: Named, told: Told): void {
  localStorage.setItem(ACCOUNT, account);
  if (told.device) localStorage.setItem(deviceKey(account, user), told.device);
  begin(told);
}

/** Prove possession of an access key by a signature; the server answers with a session. */
export async function signInWithKey(given: Credentials, code: string): Promise<void> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
  ]);
  const path = '/_/console/session';
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const body = JSON.stringify(code ? { nonce, code } : { nonce });
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

/** The invitation in the address, taken out of it at once so that neither history nor a look shows it. */
export function takeInvitation(): Invitation | null {
  const given = new URLSearchParams(location.hash.slice(1));
  const [link, federation] = [given.get('token'), given.get('signin')];
  if (link || federation) history.replaceState(null, '', location.pathname + location.search);
  if (link) return { kind: 'link', token: link, issuer: '' };
  return federation ? { kind: 'federation', token: federation, issuer: webAddress(given.get('issuer')) } : null;
}

function webAddress(text: string | null): string {
  return text && /^https?:\/\//.test(text) && URL.canParse(text) ? text : '';
}
