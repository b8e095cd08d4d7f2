/** Users and groups as the pages use them. */
import {
  AddUserToGroupCommand,
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeleteLoginProfileCommand,
  DeleteServiceSpecificCredentialCommand,
  DeleteSigningCertificateCommand,
  DeleteSSHPublicKeyCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  GetAccessKeyLastUsedCommand,
  GetGroupCommand,
  GetLoginProfileCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  RemoveUserFromGroupCommand,
  type AccessKeyLastUsed,
  type AccessKeyMetadata,
  type User,
} from '@aws-sdk/client-iam';
import { aws } from '../cli';
import { all } from '../data';
import { isCode } from '../errors';
import { t } from '../strings';
import { iam } from './api';
import { letGo } from './identity';

export async function getUser(name: string): Promise<User> {
  const { User } = await iam().send(new GetUserCommand({ UserName: name }));
  if (!User) throw new Error(name);
  return User;
}

export async function groupsOf(name: string): Promise<string[]> {
  const found = await all(async (Marker) => {
    const page = await iam().send(new ListGroupsForUserCommand({ UserName: name, Marker }));
    return { items: page.Groups, next: page.Marker };
  });
  return found.map(({ GroupName }) => GroupName ?? '');
}

/** Who is in a group. */
export function membersOf(group: string): Promise<User[]> {
  return all(async (Marker) => {
    const page = await iam().send(new GetGroupCommand({ GroupName: group, Marker }));
    return { items: page.Users, next: page.Marker };
  });
}

export async function join(user: string, group: string): Promise<void> {
  await iam().send(new AddUserToGroupCommand({ UserName: user, GroupName: group }));
}

export async function leave(user: string, group: string): Promise<void> {
  await iam().send(new RemoveUserFromGroupCommand({ UserName: user, GroupName: group }));
}

export interface Password {
  since: Date | undefined;
  mustChange: boolean;
}

/** When the password was set; undefined where there is none. */
export async function passwordOf(name: string): Promise<Password | undefined> {
  try {
    const { LoginProfile } = await iam().send(new GetLoginProfileCommand({ UserName: name }));
    return { since: LoginProfile?.CreateDate, mustChange: LoginProfile?.PasswordResetRequired ?? false };
  } catch (error) {
    if (isCode(error, 'NoSuchEntityException')) return undefined;
    throw error;
  }
}

export interface Key extends AccessKeyMetadata {
  used?: AccessKeyLastUsed | undefined;
}

export async function keysOf(name: string): Promise<Key[]> {
  const { AccessKeyMetadata } = await iam().send(new ListAccessKeysCommand({ UserName: name }));
  return Promise.all(
    (AccessKeyMetadata ?? []).map(async (key) => {
      const last = await iam().send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.AccessKeyId }));
      return { ...key, used: last.AccessKeyLastUsed };
    }),
  );
}

export async function devicesOf(name: string) {
  return (await iam().send(new ListMFADevicesCommand({ UserName: name }))).MFADevices ?? [];
}

/** What a list shows of a user beside what ListUsers tells. */
export interface Detail {
  groups: string[];
  mfa: boolean;
  password: Password | undefined;
  keys: Key[];
  last: Date | undefined;
}

export async function detailOf(user: User): Promise<Detail> {
  const name = user.UserName ?? '';
  const [groups, devices, password, keys] = await Promise.all([groupsOf(name), devicesOf(name), passwordOf(name), keysOf(name)]);
  const times = [user.PasswordLastUsed, ...keys.map(({ used }) => used?.LastUsedDate)].filter((each) => each !== undefined);
  return {
    groups,
    mfa: devices.length > 0,
    password,
    keys,
    last: times.sort((a, b) => b.getTime() - a.getTime())[0],
  };
}

/** Delete a user as AWS's console does: with everything that is the user's alone. */
export async function deleteUser(name: string): Promise<void> {
  await letGo({ kind: 'user', name });
  for (const group of await groupsOf(name)) await leave(name, group);
  for (const { AccessKeyId } of (await iam().send(new ListAccessKeysCommand({ UserName: name }))).AccessKeyMetadata ?? []) {
    await iam().send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId }));
  }
  for (const { SerialNumber } of await devicesOf(name)) {
    await iam().send(new DeactivateMFADeviceCommand({ UserName: name, SerialNumber }));
    await iam().send(new DeleteVirtualMFADeviceCommand({ SerialNumber }));
  }
  for (const { SSHPublicKeyId } of (await iam().send(new ListSSHPublicKeysCommand({ UserName: name }))).SSHPublicKeys ?? []) {
    await iam().send(new DeleteSSHPublicKeyCommand({ UserName: name, SSHPublicKeyId }));
  }
  for (const { ServiceSpecificCredentialId } of (await iam().send(new ListServiceSpecificCredentialsCommand({ UserName: name }))).ServiceSpecificCredentials ?? []) {
    await iam().send(new DeleteServiceSpecificCredentialCommand({ UserName: name, ServiceSpecificCredentialId }));
  }
  for (const { CertificateId } of (await iam().send(new ListSigningCertificatesCommand({ UserName: name }))).Certificates ?? []) {
    await iam().send(new DeleteSigningCertificateCommand({ UserName: name, CertificateId }));
  }
  if (await passwordOf(name)) await iam().send(new DeleteLoginProfileCommand({ UserName: name }));
  await iam().send(new DeleteUserCommand({ UserName: name }));
}

export const deleteUserCommands = (name: string): string[] => [t.iam.users.deleteComment, aws('iam', 'delete-user', { 'user-name': name })];

export async function deleteGroup(name: string): Promise<void> {
  await letGo({ kind: 'group', name });
  for (const { UserName } of await membersOf(name)) await leave(UserName ?? '', name);
  await iam().send(new DeleteGroupCommand({ GroupName: name }));
}

export const deleteGroupCommands = (name: string): string[] => [t.iam.groups.deleteComment, aws('iam', 'delete-group', { 'group-name': name })];

/** A password that every rule an account can have is content with. */
export function newPassword(): string {
  const sets = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!@#$%^&*()_+-=[]{}|'];
  const all = sets.join('');
  const pick = (from: string) => from[(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % from.length] ?? '';
  const letters = [...sets.map(pick), ...Array.from({ length: 16 }, () => pick(all))];
  for (let place = letters.length - 1; place > 0; place--) {
    const other = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % (place + 1);
    [letters[place], letters[other]] = [letters[other] ?? '', letters[place] ?? ''];
  }
  return letters.join('');
}
