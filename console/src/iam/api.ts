/** IAM as the pages use it. */
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListGroupsCommand,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListPoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListUsersCommand,
  RemoveRoleFromInstanceProfileCommand,
  type InstanceProfile,
  type Policy,
  type Role,
  type Tag,
} from '@aws-sdk/client-iam';
import { aws } from '../cli';
import { perSession } from '../clients';
import { all } from '../data';
import { isCode } from '../errors';
import { t } from '../strings';

export const iam = perSession((given) => new IAMClient(given));

export const EC2_TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export const pretty = (document: unknown): string => JSON.stringify(document, null, 2);

/** So many that reading a page of them holds nothing up. */
const ROLES_AT_ONCE = 250;

export function listRoles(): Promise<Role[]> {
  return all(async (Marker) => {
    const page = await iam().send(new ListRolesCommand({ Marker, MaxItems: ROLES_AT_ONCE }));
    return { items: page.Roles, next: page.Marker };
  });
}

export function listPolicies(): Promise<Policy[]> {
  return all(async (Marker) => {
    const page = await iam().send(new ListPoliciesCommand({ Marker, MaxItems: 1000 }));
    return { items: page.Policies, next: page.Marker };
  });
}

export function listUsers() {
  return all(async (Marker) => {
    const page = await iam().send(new ListUsersCommand({ Marker, MaxItems: 1000 }));
    return { items: page.Users, next: page.Marker };
  });
}

export function listGroups() {
  return all(async (Marker) => {
    const page = await iam().send(new ListGroupsCommand({ Marker, MaxItems: 1000 }));
    return { items: page.Groups, next: page.Marker };
  });
}

export function listInstanceProfiles(): Promise<InstanceProfile[]> {
  return all(async (Marker) => {
    const page = await iam().send(new ListInstanceProfilesCommand({ Marker, MaxItems: 1000 }));
    return { items: page.InstanceProfiles, next: page.Marker };
  });
}

/** A policy document as IAM answers it: percent-encoded. */
export function documentOf(encoded: string | undefined): unknown {
  if (!encoded) return {};
  try {
    return JSON.parse(decodeURIComponent(encoded));
  } catch {
    return JSON.parse(encoded);
  }
}

export function textOf(encoded: string | undefined): string {
  return encoded ? pretty(documentOf(encoded)) : '';
}

export function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

export const policyPath = (arn: string): string => `/iam/policies?arn=${encodeURIComponent(arn)}`;

export async function getPolicy(arn: string): Promise<Policy> {
  const { Policy } = await iam().send(new GetPolicyCommand({ PolicyArn: arn }));
  if (!Policy) throw new Error(arn);
  return Policy;
}

export async function versionText(arn: string, version: string): Promise<string> {
  const reply = await iam().send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }));
  return textOf(reply.PolicyVersion?.Document);
}

/** The text of a managed policy's default version. */
export async function managedText(arn: string): Promise<string> {
  return versionText(arn, (await getPolicy(arn)).DefaultVersionId ?? '');
}

/** Tags as the command line takes them. */
export const tagOptions = (tags: readonly Tag[]): string[] => tags.map(({ Key, Value }) => `Key=${Key},Value=${Value}`);

interface Statement {
  Effect?: string;
  Principal?: '*' | Record<string, string | string[]>;
}

/** Whom a trust policy trusts, in AWS's console's words: `AWS Service: ec2`. */
export function trusted(role: Role): string[] {
  let known = seen.get(role);
  if (!known) seen.set(role, (known = read(role)));
  return known;
}

/** Policies are read once: a list of thousands of roles is sorted by what they say. */
const seen = new WeakMap<Role, string[]>();

function read(role: Role): string[] {
  const document = documentOf(role.AssumeRolePolicyDocument) as { Statement?: Statement | Statement[] };
  const statements = [document.Statement ?? []].flat();
  const found = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Principal }) => {
      if (!Principal) return [];
      if (Principal === '*') return [t.iam.anyone];
      return Object.entries(Principal).flatMap(([kind, values]) =>
        [values].flat().map((value) => {
          if (kind === 'Service') return `${t.iam.awsService}: ${value.replace(/\.amazonaws\.com$/, '')}`;
          if (value === '*') return t.iam.anyone;
          const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(value)?.[1];
          return account ? `${t.iam.account}: ${account}` : value.replace(/^arn:aws:(?:iam|sts)::/, '');
        }),
      );
    });
  return [...new Set(found)];
}

export const trustsEc2 = (role: Role): boolean => trusted(role).includes(`${t.iam.awsService}: ec2`);

export interface NewRole {
  name: string;
  description: string;
  trust: string;
  policies: string[];
  boundary: string | undefined;
  withProfile: boolean;
  tags?: Tag[];
}

export function createCommands(role: NewRole): string[] {
  let trust = role.trust;
  try {
    trust = JSON.stringify(JSON.parse(role.trust));
  } catch {
    // shown as it was typed: the form says what is wrong with it
  }
  const lines = [
    aws('iam', 'create-role', {
      'role-name': role.name,
      'assume-role-policy-document': trust,
      description: role.description || undefined,
      'permissions-boundary': role.boundary,
      tags: role.tags?.length ? tagOptions(role.tags) : undefined,
    }),
    ...role.policies.map((arn) => aws('iam', 'attach-role-policy', { 'role-name': role.name, 'policy-arn': arn })),
  ];
  if (role.withProfile) {
    lines.push(
      aws('iam', 'create-instance-profile', { 'instance-profile-name': role.name }),
      aws('iam', 'add-role-to-instance-profile', { 'instance-profile-name': role.name, 'role-name': role.name }),
    );
  }
  return lines;
}

/** What a role made for EC2 needs beside itself. */
export async function makeProfile(name: string): Promise<void> {
  await iam().send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam().send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
}

export function attach(name: string, arn: string) {
  return iam().send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
}

export function detach(name: string, arn: string) {
  return iam().send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
}

export function attachedPolicies(name: string) {
  return all(async (Marker) => {
    const page = await iam().send(new ListAttachedRolePoliciesCommand({ RoleName: name, Marker }));
    return { items: page.AttachedPolicies, next: page.Marker };
  });
}

export function inlinePolicies(name: string) {
  return all(async (Marker) => {
    const page = await iam().send(new ListRolePoliciesCommand({ RoleName: name, Marker }));
    return { items: page.PolicyNames, next: page.Marker };
  });
}

export async function profilesOf(name: string): Promise<InstanceProfile[]> {
  const page = await iam().send(new ListInstanceProfilesForRoleCommand({ RoleName: name }));
  return page.InstanceProfiles ?? [];
}

export async function getRole(name: string): Promise<Role> {
  const reply = await iam().send(new GetRoleCommand({ RoleName: name }));
  if (!reply.Role) throw new Error(name);
  return reply.Role;
}

/** Delete a role as AWS's console does: its policies let go, and its instance profile of the same name with it. */
export async function deleteRole(name: string): Promise<void> {
  for (const { PolicyArn } of await attachedPolicies(name)) if (PolicyArn) await detach(name, PolicyArn);
  for (const PolicyName of await inlinePolicies(name)) {
    await iam().send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
  }
  for (const { InstanceProfileName } of await profilesOf(name)) {
    if (!InstanceProfileName) continue;
    await iam().send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: name }));
    if (InstanceProfileName === name) await iam().send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  }
  try {
    await iam().send(new DeleteRoleCommand({ RoleName: name }));
  } catch (error) {
    if (!isCode(error, 'NoSuchEntityException')) throw error;
  }
}

export function deleteCommands(name: string): string[] {
  return [
    t.iam.roles.deleteComment,
    aws('iam', 'remove-role-from-instance-profile', { 'instance-profile-name': name, 'role-name': name }),
    aws('iam', 'delete-instance-profile', { 'instance-profile-name': name }),
    aws('iam', 'delete-role', { 'role-name': name }),
  ];
}
