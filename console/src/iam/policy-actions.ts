/** What is done with customer managed policies. */
import {
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
  type PolicyVersion,
} from '@aws-sdk/client-iam';
import { aws } from '../cli';
import { all } from '../data';
import { t } from '../strings';
import { iam } from './api';
import type { Identity } from './identity';

export interface Entity extends Identity {
  as: 'policy' | 'boundary';
}

/** Who has a policy, attached or as its boundary. */
export async function entitiesOf(arn: string): Promise<Entity[]> {
  const found: Entity[] = [];
  for (const [usage, as] of [
    ['PermissionsPolicy', 'policy'],
    ['PermissionsBoundary', 'boundary'],
  ] as const) {
    found.push(
      ...(await all(async (Marker) => {
        const page = await iam().send(new ListEntitiesForPolicyCommand({ PolicyArn: arn, PolicyUsageFilter: usage, Marker }));
        return {
          items: [
            ...(page.PolicyUsers ?? []).map(({ UserName }) => ({ kind: 'user' as const, name: UserName ?? '', as })),
            ...(page.PolicyGroups ?? []).map(({ GroupName }) => ({ kind: 'group' as const, name: GroupName ?? '', as })),
            ...(page.PolicyRoles ?? []).map(({ RoleName }) => ({ kind: 'role' as const, name: RoleName ?? '', as })),
          ],
          next: page.Marker,
        };
      })),
    );
  }
  return found;
}

export function versionsOf(arn: string): Promise<PolicyVersion[]> {
  return all(async (Marker) => {
    const page = await iam().send(new ListPolicyVersionsCommand({ PolicyArn: arn, Marker }));
    return { items: page.Versions, next: page.Marker };
  });
}

export async function deleteVersion(arn: string, version: string): Promise<void> {
  await iam().send(new DeletePolicyVersionCommand({ PolicyArn: arn, VersionId: version }));
}

/** Delete a policy as AWS's console does: detached from everything, with all of its versions. A boundary is left to its owner. */
export async function deletePolicy(arn: string): Promise<void> {
  for (const { kind, name } of (await entitiesOf(arn)).filter(({ as }) => as === 'policy')) {
    if (kind === 'user') await iam().send(new DetachUserPolicyCommand({ UserName: name, PolicyArn: arn }));
    else if (kind === 'group') await iam().send(new DetachGroupPolicyCommand({ GroupName: name, PolicyArn: arn }));
    else await iam().send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn: arn }));
  }
  for (const { VersionId, IsDefaultVersion } of await versionsOf(arn)) {
    if (VersionId && !IsDefaultVersion) await deleteVersion(arn, VersionId);
  }
  await iam().send(new DeletePolicyCommand({ PolicyArn: arn }));
}

export const deletePolicyCommands = (arn: string): string[] => [t.iam.policies.deleteComment, aws('iam', 'delete-policy', { 'policy-arn': arn })];
