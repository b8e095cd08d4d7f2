/** EC2 as the pages use it. */
import {
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  type IamInstanceProfileAssociation,
  type Image,
  type Instance,
  type InstanceStatus,
  type InstanceTypeInfo,
  type SecurityGroup,
  type Subnet,
  type Volume,
  type Vpc,
} from '@aws-sdk/client-ec2';
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { perSession } from '../clients';
import { all } from '../data';
import type { Tag } from '../shell/tag-form';

export const ec2 = perSession((given) => new EC2Client(given));

export function listInstances(): Promise<Instance[]> {
  return all(async (NextToken) => {
    const page = await ec2().send(new DescribeInstancesCommand({ NextToken, MaxResults: 1000 }));
    return { items: page.Reservations?.flatMap(({ Instances }) => Instances ?? []), next: page.NextToken };
  });
}

export async function getInstance(id: string): Promise<Instance | undefined> {
  const page = await ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return page.Reservations?.[0]?.Instances?.[0];
}

/** The status checks of every instance, or of one. */
export function listStatuses(id?: string): Promise<InstanceStatus[]> {
  return all(async (NextToken) => {
    const page = await ec2().send(
      new DescribeInstanceStatusCommand({
        IncludeAllInstances: true,
        NextToken,
        ...(id ? { InstanceIds: [id] } : { MaxResults: 1000 }),
      }),
    );
    return { items: page.InstanceStatuses, next: page.NextToken };
  });
}

/** How many of the two checks an instance passes; undefined where they say nothing, as for one that does not run. */
export function checksOf(status: InstanceStatus | undefined): { passed: number; initializing: boolean } | undefined {
  const found = [status?.SystemStatus?.Status, status?.InstanceStatus?.Status];
  if (!found.every((each) => each && each !== 'not-applicable')) return undefined;
  return { passed: found.filter((each) => each === 'ok').length, initializing: found.includes('initializing') };
}

/** The association of an instance that counts now. */
export async function associationOf(id: string): Promise<IamInstanceProfileAssociation | undefined> {
  const page = await ec2().send(
    new DescribeIamInstanceProfileAssociationsCommand({
      Filters: [
        { Name: 'instance-id', Values: [id] },
        { Name: 'state', Values: ['associating', 'associated'] },
      ],
    }),
  );
  return page.IamInstanceProfileAssociations?.[0];
}

export async function listRegions(): Promise<string[]> {
  const { Regions } = await ec2().send(new DescribeRegionsCommand({}));
  return (Regions ?? []).flatMap(({ RegionName }) => RegionName ?? []);
}

export async function listImages(): Promise<Image[]> {
  const { Images } = await ec2().send(new DescribeImagesCommand({}));
  return Images ?? [];
}

/** The types that there are, the smallest first. */
export async function listTypes(): Promise<InstanceTypeInfo[]> {
  const found = await all(async (NextToken) => {
    const page = await ec2().send(new DescribeInstanceTypesCommand({ MaxResults: 100, NextToken }));
    return { items: page.InstanceTypes, next: page.NextToken };
  });
  const memory = (type: InstanceTypeInfo) => type.MemoryInfo?.SizeInMiB ?? 0;
  return found.sort((a, b) => memory(a) - memory(b) || (a.InstanceType ?? '').localeCompare(b.InstanceType ?? ''));
}

export async function listKeyPairs() {
  const { KeyPairs } = await ec2().send(new DescribeKeyPairsCommand({}));
  return KeyPairs ?? [];
}

export function listSecurityGroups(): Promise<SecurityGroup[]> {
  return all(async (NextToken) => {
    const page = await ec2().send(new DescribeSecurityGroupsCommand({ MaxResults: 1000, NextToken }));
    return { items: page.SecurityGroups, next: page.NextToken };
  });
}

export async function getSecurityGroups(ids: string[]): Promise<SecurityGroup[]> {
  if (!ids.length) return [];
  const page = await ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: ids }));
  return page.SecurityGroups ?? [];
}

export async function listSubnets(): Promise<Subnet[]> {
  const { Subnets } = await ec2().send(new DescribeSubnetsCommand({}));
  return (Subnets ?? []).sort((a, b) => (a.AvailabilityZone ?? '').localeCompare(b.AvailabilityZone ?? ''));
}

export async function listVpcs(): Promise<Vpc[]> {
  const { Vpcs } = await ec2().send(new DescribeVpcsCommand({}));
  return Vpcs ?? [];
}

export async function volumesOf(id: string): Promise<Volume[]> {
  const { Volumes } = await ec2().send(
    new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
  );
  return Volumes ?? [];
}

export function nameTag(tags: Tag[] | undefined): string {
  return tags?.find(({ Key }) => Key === 'Name')?.Value ?? '';
}

export function nameOf(instance: Instance): string {
  return nameTag(instance.Tags);
}

/** The name of the instance profile that an instance wears. */
export function profileOf(instance: Instance): string {
  return instance.IamInstanceProfile?.Arn?.split('/').pop() ?? '';
}

export function indicatorOf(state: string | undefined): StatusIndicatorProps.Type {
  switch (state) {
    case 'running':
      return 'success';
    case 'pending':
      return 'pending';
    case 'stopping':
    case 'shutting-down':
      return 'in-progress';
    default:
      return 'stopped';
  }
}

/** Text as EC2 takes and gives it: base64 of UTF-8. */
export function encoded(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

export function decoded(text: string | undefined): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text ?? ''), (letter) => letter.charCodeAt(0)));
}
