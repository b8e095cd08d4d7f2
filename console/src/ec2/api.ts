/** EC2 as the pages use it. */
import {
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  EC2Client,
  type IamInstanceProfileAssociation,
  type Instance,
} from '@aws-sdk/client-ec2';
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { perSession } from '../clients';
import { all } from '../data';

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

export function nameOf(instance: Instance): string {
  return instance.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? '';
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
