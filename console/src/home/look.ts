/** The state of the lab, as the account really has it. */
import { isDenied } from '../errors';
import { at, bucketNames, ec2Pages, iamPages, textOf } from '../light';

export interface LabState {
  buckets: number;
  /** The role's name; empty while there is none that EC2 may wear. */
  role: string;
  running: string;
  wearing: string;
  used: boolean;
  /** Whether there was something that one may not see; it counts as not there. */
  blind: boolean;
}

interface Machine {
  id: string;
  profile: string;
}

interface Profile {
  arn: string;
  roles: { name: string; trust: string }[];
}

async function listMachines(): Promise<Machine[]> {
  const pages = await ec2Pages('DescribeInstances');
  return pages
    .flatMap((page) => at(page, 'instancesSet').flatMap((set) => [...set.children]))
    .filter((each) => at(each, 'instanceState').some((state) => textOf(state, 'name') === 'running'))
    .map((each) => ({
      id: textOf(each, 'instanceId'),
      profile: at(each, 'iamInstanceProfile').map((profile) => textOf(profile, 'arn'))[0] ?? '',
    }));
}

async function listProfiles(): Promise<Profile[]> {
  const pages = await iamPages('ListInstanceProfiles', { MaxItems: '1000' });
  return pages
    .flatMap((page) => at(page, 'InstanceProfiles').flatMap((set) => [...set.children]))
    .map((each) => ({
      arn: [...each.children].find(({ localName }) => localName === 'Arn')?.textContent ?? '',
      roles: at(each, 'Roles', 'member').map((role) => ({
        name: textOf(role, 'RoleName'),
        trust: decodeURIComponent(textOf(role, 'AssumeRolePolicyDocument')),
      })),
    }));
}

async function wasUsed(role: string): Promise<boolean[]> {
  const pages = await iamPages('GetRole', { RoleName: role });
  return pages.map((page) => textOf(page, 'LastUsedDate') !== '');
}

export async function look(): Promise<LabState> {
  let blind = false;
  const seen = <T>(listing: Promise<T[]>): Promise<T[]> =>
    listing.catch((error: unknown) => {
      if (!isDenied(error)) throw error;
      blind = true;
      return [];
    });
  const [profiles, machines, buckets] = await Promise.all([
    seen(listProfiles()),
    seen(listMachines()),
    seen(bucketNames()),
  ]);
  const wearing = machines.find(({ profile }) => profile !== '');
  const worn = profiles.find(({ arn }) => arn === wearing?.profile)?.roles[0];
  const made = profiles.flatMap(({ roles }) => roles).filter(({ trust }) => trust.includes('ec2.amazonaws.com'));
  const role = worn?.name ?? made.at(-1)?.name ?? '';
  const used = role !== '' && (await seen(wasUsed(role))).includes(true);
  return {
    buckets: buckets.length,
    role,
    running: (wearing ?? machines[0])?.id ?? '',
    wearing: wearing?.id ?? '',
    used,
    blind,
  };
}
