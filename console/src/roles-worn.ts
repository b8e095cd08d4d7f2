/** Switching to a role and back: AssumeRole by the API, with the session's own credentials. */
import { goOn, isLive, session, type Worn } from './session';

const AT_MOST = 5;

/** The roles that somebody switched to in this browser, the newest first. */
export function history(of: string): Worn[] {
  try {
    return JSON.parse(localStorage.getItem(key(of)) ?? '[]') as Worn[];
  } catch {
    return [];
  }
}

const key = (of: string) => `tabard-roles ${of}`;

/** Who one signed in as, whatever role one has switched to since. */
export function signedInAs() {
  const now = session();
  return now.base ?? now;
}

export async function switchTo(worn: Worn): Promise<void> {
  const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
  const base = signedInAs();
  const { credentials, region } = base;
  const client = new STSClient({
    endpoint: location.origin,
    region,
    maxAttempts: 2,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken } : {}),
    },
  });
  const arn = `arn:aws:iam::${worn.account}:role/${worn.role}`;
  const sessionName = base.name.split('/').pop()?.slice(0, 64) || 'console';
  const reply = await client.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: sessionName }));
  const given = reply.Credentials;
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.Expiration) throw new Error(arn);
  const name = `${worn.role.split('/').pop() ?? worn.role}/${sessionName}`;
  const others = history(base.arn).filter(({ account, role }) => account !== worn.account || role !== worn.role);
  localStorage.setItem(key(base.arn), JSON.stringify([worn, ...others].slice(0, AT_MOST)));
  goOn({
    account: worn.account,
    arn: reply.AssumedRoleUser?.Arn ?? arn,
    kind: 'AssumedRole',
    name,
    region: session().region,
    expiration: given.Expiration.toISOString(),
    sshPort: base.sshPort,
    mfa: false,
    services: base.services,
    credentials: {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
    },
    worn,
    base,
  });
}

export function canSwitchBack(): boolean {
  return isLive(session().base);
}
