/** What roles, users and groups have in common: attached and inline policies, a boundary, tags. */
import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  DeleteGroupPolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetGroupPolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  ListAttachedGroupPoliciesCommand,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupPoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  PutGroupPolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  type AttachedPolicy,
} from '@aws-sdk/client-iam';
import { aws } from '../cli';
import { all } from '../data';
import { pathOf } from '../routing';
import { iam, textOf } from './api';

export interface Identity {
  kind: 'role' | 'user' | 'group';
  name: string;
}

export const pageOf = ({ kind, name }: Identity): string => pathOf('iam', `${kind}s`, name);
export const inlinePathOf = (identity: Identity, policy = ''): string =>
  `${pageOf(identity)}/inline-policy${policy ? `?policy=${encodeURIComponent(policy)}` : ''}`;

/** The command line's option that names it: `--role-name NAME`. */
export const named = ({ kind, name }: Identity): Record<string, string> => ({ [`${kind}-name`]: name });

export function attachedTo({ kind, name }: Identity): Promise<AttachedPolicy[]> {
  return all(async (Marker) => {
    const page =
      kind === 'role'
        ? await iam().send(new ListAttachedRolePoliciesCommand({ RoleName: name, Marker }))
        : kind === 'user'
          ? await iam().send(new ListAttachedUserPoliciesCommand({ UserName: name, Marker }))
          : await iam().send(new ListAttachedGroupPoliciesCommand({ GroupName: name, Marker }));
    return { items: page.AttachedPolicies, next: page.Marker };
  });
}

export function inlineOf({ kind, name }: Identity): Promise<string[]> {
  return all(async (Marker) => {
    const page =
      kind === 'role'
        ? await iam().send(new ListRolePoliciesCommand({ RoleName: name, Marker }))
        : kind === 'user'
          ? await iam().send(new ListUserPoliciesCommand({ UserName: name, Marker }))
          : await iam().send(new ListGroupPoliciesCommand({ GroupName: name, Marker }));
    return { items: page.PolicyNames, next: page.Marker };
  });
}

export async function attachTo({ kind, name }: Identity, PolicyArn: string): Promise<void> {
  if (kind === 'role') await iam().send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
  else if (kind === 'user') await iam().send(new AttachUserPolicyCommand({ UserName: name, PolicyArn }));
  else await iam().send(new AttachGroupPolicyCommand({ GroupName: name, PolicyArn }));
}

export async function detachFrom({ kind, name }: Identity, PolicyArn: string): Promise<void> {
  if (kind === 'role') await iam().send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
  else if (kind === 'user') await iam().send(new DetachUserPolicyCommand({ UserName: name, PolicyArn }));
  else await iam().send(new DetachGroupPolicyCommand({ GroupName: name, PolicyArn }));
}

export async function inlineText({ kind, name }: Identity, PolicyName: string): Promise<string> {
  const reply =
    kind === 'role'
      ? await iam().send(new GetRolePolicyCommand({ RoleName: name, PolicyName }))
      : kind === 'user'
        ? await iam().send(new GetUserPolicyCommand({ UserName: name, PolicyName }))
        : await iam().send(new GetGroupPolicyCommand({ GroupName: name, PolicyName }));
  return textOf(reply.PolicyDocument);
}

export async function putInline({ kind, name }: Identity, PolicyName: string, PolicyDocument: string): Promise<void> {
  const given = { PolicyName, PolicyDocument };
  if (kind === 'role') await iam().send(new PutRolePolicyCommand({ RoleName: name, ...given }));
  else if (kind === 'user') await iam().send(new PutUserPolicyCommand({ UserName: name, ...given }));
  else await iam().send(new PutGroupPolicyCommand({ GroupName: name, ...given }));
}

export async function deleteInline({ kind, name }: Identity, PolicyName: string): Promise<void> {
  if (kind === 'role') await iam().send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
  else if (kind === 'user') await iam().send(new DeleteUserPolicyCommand({ UserName: name, PolicyName }));
  else await iam().send(new DeleteGroupPolicyCommand({ GroupName: name, PolicyName }));
}

/** The boundary's ARN as it is now, empty where there is none. */
export async function boundaryOf({ kind, name }: Identity): Promise<string> {
  const found =
    kind === 'role'
      ? (await iam().send(new GetRoleCommand({ RoleName: name }))).Role
      : (await iam().send(new GetUserCommand({ UserName: name }))).User;
  return found?.PermissionsBoundary?.PermissionsBoundaryArn ?? '';
}

/** Set a boundary, or take it off where `arn` is undefined; groups have none. */
export async function setBoundary({ kind, name }: Identity, arn: string | undefined): Promise<void> {
  if (kind === 'role') {
    if (arn) await iam().send(new PutRolePermissionsBoundaryCommand({ RoleName: name, PermissionsBoundary: arn }));
    else await iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName: name }));
  } else if (arn) await iam().send(new PutUserPermissionsBoundaryCommand({ UserName: name, PermissionsBoundary: arn }));
  else await iam().send(new DeleteUserPermissionsBoundaryCommand({ UserName: name }));
}

/** Every policy of it let go: what has to precede its deletion. */
export async function letGo(identity: Identity): Promise<void> {
  for (const { PolicyArn } of await attachedTo(identity)) if (PolicyArn) await detachFrom(identity, PolicyArn);
  for (const policy of await inlineOf(identity)) await deleteInline(identity, policy);
}

export const commands = {
  attach: (identity: Identity, arn: string) => aws('iam', `attach-${identity.kind}-policy`, { ...named(identity), 'policy-arn': arn }),
  detach: (identity: Identity, arn: string) => aws('iam', `detach-${identity.kind}-policy`, { ...named(identity), 'policy-arn': arn }),
  putInline: (identity: Identity, policy: string, text: string) =>
    aws('iam', `put-${identity.kind}-policy`, { ...named(identity), 'policy-name': policy || 'NAME', 'policy-document': text }),
  deleteInline: (identity: Identity, policy: string) => aws('iam', `delete-${identity.kind}-policy`, { ...named(identity), 'policy-name': policy }),
  boundary: (identity: Identity, arn: string | undefined) =>
    arn
      ? aws('iam', `put-${identity.kind}-permissions-boundary`, { ...named(identity), 'permissions-boundary': arn })
      : aws('iam', `delete-${identity.kind}-permissions-boundary`, named(identity)),
};
