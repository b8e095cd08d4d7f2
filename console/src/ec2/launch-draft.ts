/** What is to be launched, as the form holds it, as the API takes it and as the command says it. */
import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { aws } from '../cli';
import { encoded } from './api';
import { AT_LAUNCH, areHops, type Options, parameters } from './metadata-fields';

export interface Draft {
  name: string;
  tags: readonly { key: string; value: string }[];
  tagsValid: boolean;
  image: string | undefined;
  type: string | undefined;
  count: string;
  key: string | undefined;
  profile: string;
  subnet: string;
  groups: string[];
  metadata: Options;
  shutdown: 'stop' | 'terminate';
  isProtected: boolean;
  userData: string;
}

export const EMPTY: Draft = {
  name: '',
  tags: [],
  tagsValid: true,
  image: undefined,
  type: undefined,
  count: '1',
  key: undefined,
  profile: '',
  subnet: '',
  groups: [],
  metadata: AT_LAUNCH,
  shutdown: 'stop',
  isProtected: false,
  userData: '',
};

const USER_DATA_AT_MOST = 16 * 1024;

export const isCount = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 100;
export const isLarge = (text: string): boolean => new TextEncoder().encode(text).length > USER_DATA_AT_MOST;

export function isComplete(draft: Draft): boolean {
  return (
    draft.key !== undefined && isCount(draft.count) && areHops(draft.metadata.hops) && draft.tagsValid && !isLarge(draft.userData)
  );
}

const tagsOf = ({ name, tags }: Draft) => [
  ...(name ? [{ Key: 'Name', Value: name }] : []),
  ...tags.map(({ key, value }) => ({ Key: key, Value: value })),
];

export function inputOf(draft: Draft, image: string, type: string): RunInstancesCommandInput {
  const tags = tagsOf(draft);
  return {
    ImageId: image,
    InstanceType: type as never,
    MinCount: Number(draft.count),
    MaxCount: Number(draft.count),
    KeyName: draft.key || undefined,
    SubnetId: draft.subnet || undefined,
    ...(draft.groups.length ? { SecurityGroupIds: draft.groups } : {}),
    ...(draft.profile ? { IamInstanceProfile: { Name: draft.profile } } : {}),
    ...(tags.length ? { TagSpecifications: [{ ResourceType: 'instance' as const, Tags: tags }] } : {}),
    MetadataOptions: parameters(draft.metadata),
    InstanceInitiatedShutdownBehavior: draft.shutdown,
    ...(draft.isProtected ? { DisableApiTermination: true } : {}),
    ...(draft.userData ? { UserData: encoded(draft.userData) } : {}),
  };
}

/** Only what differs from what AWS's command does by itself. */
export function commandOf(draft: Draft, image: string, type: string): string {
  const tags = tagsOf(draft);
  const changed = JSON.stringify(draft.metadata) !== JSON.stringify(AT_LAUNCH);
  const metadata = parameters(draft.metadata);
  return aws('ec2', 'run-instances', {
    'image-id': image,
    'instance-type': type,
    count: draft.count === '1' ? undefined : draft.count,
    'key-name': draft.key || undefined,
    'subnet-id': draft.subnet || undefined,
    'security-group-ids': draft.groups.length ? draft.groups : undefined,
    'iam-instance-profile': draft.profile ? `Name=${draft.profile}` : undefined,
    'tag-specifications': tags.length ? JSON.stringify([{ ResourceType: 'instance', Tags: tags }]) : undefined,
    'metadata-options': changed ? Object.entries(metadata).map(([key, value]) => `${key}=${value}`).join(',') : undefined,
    'instance-initiated-shutdown-behavior': draft.shutdown === 'stop' ? undefined : draft.shutdown,
    'disable-api-termination': draft.isProtected || undefined,
    'user-data': draft.userData || undefined,
  });
}
