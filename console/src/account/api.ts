/** One's own credentials, and the account's settings, as the pages use them. */
import {
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetAccessKeyLastUsedCommand,
  GetLoginProfileCommand,
  GetOutboundWebIdentityFederationInfoCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAccountAliasesCommand,
  ListMFADevicesCommand,
  type AccessKeyLastUsed,
  type AccessKeyMetadata,
  type MFADevice,
  type PasswordPolicy,
} from '@aws-sdk/client-iam';
import { perSession } from '../clients';
import { isCode } from '../errors';
import { session } from '../session';

export const iam = perSession((given) => new IAMClient(given));

/** `UserName` where one is an IAM user; root's own requests name nobody. */
export function mine(): { UserName?: string } {
  const { kind, name } = session();
  return kind === 'User' ? { UserName: name } : {};
}

export interface Password {
  state: 'set' | 'none' | 'unknown';
  since: Date | undefined;
}

export async function getPassword(): Promise<Password> {
  if (session().kind !== 'User') return { state: 'none', since: undefined };
  try {
    const reply = await iam().send(new GetLoginProfileCommand(mine()));
    return { state: 'set', since: reply.LoginProfile?.CreateDate };
  } catch (error) {
    if (isCode(error, 'NoSuchEntityException') || isCode(error, 'NoSuchEntity')) return { state: 'none', since: undefined };
    if (isCode(error, 'AccessDenied') || isCode(error, 'AccessDeniedException')) return { state: 'unknown', since: undefined };
    throw error;
  }
}

export async function listDevices(): Promise<MFADevice[]> {
  return (await iam().send(new ListMFADevicesCommand(mine()))).MFADevices ?? [];
}

export interface Key extends AccessKeyMetadata {
  used: AccessKeyLastUsed | undefined;
}

export async function listKeys(): Promise<Key[]> {
  const found = (await iam().send(new ListAccessKeysCommand(mine()))).AccessKeyMetadata ?? [];
  return Promise.all(
    found.map(async (key) => {
      const last = iam().send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.AccessKeyId }));
      return { ...key, used: await last.then((reply) => reply.AccessKeyLastUsed).catch(() => undefined) };
    }),
  );
}

export async function getAlias(): Promise<string> {
  return (await iam().send(new ListAccountAliasesCommand({}))).AccountAliases?.[0] ?? '';
}

/** The account's own rules; null where AWS's default ones apply. */
export async function getPasswordPolicy(): Promise<PasswordPolicy | null> {
  try {
    return (await iam().send(new GetAccountPasswordPolicyCommand({}))).PasswordPolicy ?? null;
  } catch (error) {
    if (isCode(error, 'NoSuchEntityException') || isCode(error, 'NoSuchEntity')) return null;
    throw error;
  }
}

export async function getTokenVersion(): Promise<number | undefined> {
  const reply = await iam().send(new GetAccountSummaryCommand({}));
  return (reply.SummaryMap as Record<string, number> | undefined)?.GlobalEndpointTokenVersion;
}

/** The issuer of the tokens by which services outside know who calls; null where nobody may ask for them. */
export async function getIssuer(): Promise<string | null> {
  try {
    return (await iam().send(new GetOutboundWebIdentityFederationInfoCommand({}))).IssuerIdentifier ?? null;
  } catch (error) {
    if (isCode(error, 'FeatureDisabledException') || isCode(error, 'FeatureDisabled')) return null;
    throw error;
  }
}

/** Where IAM users of an account sign in. */
export function signInAddress(account: string): string {
  return `${location.origin}/_/console/?account=${account}`;
}
