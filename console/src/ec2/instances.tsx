/** The instances of a region, as they are now. */
import type { Instance } from '@aws-sdk/client-ec2';
import Button from '@cloudscape-design/components/button';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { Empty, when } from '../shell/parts';
import { t } from '../strings';
import { InstanceActions } from './actions';
import { listInstances, listStatuses, nameOf, profileOf } from './api';
import { Checks, State } from './state';

const s = t.ec2.instances;
const ANY = { value: '', label: s.anyState };
const STATES = [ANY, ...Object.entries(s.states).map(([value, label]) => ({ value, label }))];
const AT_FIRST = ['name', 'id', 'state', 'type', 'checks', 'role', 'zone', 'public', 'private'];

const textOf = (each: Instance): string =>
  [
    each.InstanceId,
    each.State?.Name,
    each.InstanceType,
    each.Placement?.AvailabilityZone,
    each.PublicIpAddress,
    each.PrivateIpAddress,
    each.KeyName,
    each.ImageId,
    profileOf(each),
    ...(each.Tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`),
  ].join(' ');

const by = (value: (each: Instance) => string) => (a: Instance, b: Instance) => value(a).localeCompare(value(b));

export default function Instances() {
  const region = session().region;
  const instances = useLoad(listInstances, `instances ${region}`, 3);
  const statuses = useLoad(() => listStatuses(), `statuses ${region}`, 6);
  const [selected, setSelected] = useState<string[]>([]);
  const [state, setState] = useState('');
  const chosen = (instances.data ?? []).filter(({ InstanceId }) => selected.includes(InstanceId ?? ''));
  const one = chosen.length === 1 ? chosen[0] : undefined;
  const launch = (primary: boolean) => (
    <Button variant={primary ? 'primary' : 'normal'} href={href('/ec2/launch')} onFollow={follow}>
      {s.launch}
    </Button>
  );
  return (
    <List
      name="instances"
      loaded={instances}
      header={s.title}
      description={s.description(region)}
      selection="multi"
      selected={selected}
      onSelected={setSelected}
      id={(each) => each.InstanceId ?? ''}
      label={(each) => [nameOf(each), each.InstanceId].filter(Boolean).join(' ')}
      text={textOf}
      narrow={(each) => !state || each.State?.Name === state}
      filterBeside={
        <Select
          selectedOption={STATES.find(({ value }) => value === state) ?? ANY}
          options={STATES}
          onChange={({ detail }) => setState(detail.selectedOption.value ?? '')}
          ariaLabel={s.state}
        />
      }
      placeholder={s.search}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button
            iconName="refresh"
            ariaLabel={t.refresh}
            onClick={() => void Promise.all([instances.reload(), statuses.reload()])}
          />
          <Button
            disabled={one?.State?.Name !== 'running'}
            {...(one ? { href: `${href(pathOf('ec2', 'instances', one.InstanceId ?? ''))}/connect` } : {})}
            onFollow={follow}
          >
            {t.ec2.connect.title}
          </Button>
          <InstanceActions instances={chosen} reload={instances.reload} />
          {launch(true)}
        </SpaceBetween>
      }
      empty={
        <Empty header={s.empty} action={launch(false)}>
          {s.emptyHint}
        </Empty>
      }
      shownAtFirst={AT_FIRST}
      columns={[
        {
          id: 'name',
          header: t.name,
          cell: (each) => nameOf(each) || t.none,
          sortingComparator: by(nameOf),
        },
        {
          id: 'id',
          header: s.id,
          cell: (each) => <To path={pathOf('ec2', 'instances', each.InstanceId ?? '')}>{each.InstanceId}</To>,
          sortingField: 'InstanceId',
          isRowHeader: true,
        },
        {
          id: 'state',
          header: s.state,
          cell: (each) => <State name={each.State?.Name} />,
          sortingComparator: (a, b) => (a.State?.Code ?? 0) - (b.State?.Code ?? 0),
        },
        { id: 'type', header: s.type, cell: (each) => each.InstanceType, sortingField: 'InstanceType' },
        {
          id: 'checks',
          header: s.checks,
          cell: (each) => <Checks status={statuses.data?.find(({ InstanceId }) => InstanceId === each.InstanceId)} />,
        },
        {
          id: 'role',
          header: s.role,
          cell: (each) => {
            const profile = profileOf(each);
            return profile ? <To path={pathOf('iam', 'roles', profile)}>{profile}</To> : t.none;
          },
          sortingComparator: by(profileOf),
        },
        {
          id: 'zone',
          header: s.zone,
          cell: (each) => each.Placement?.AvailabilityZone ?? t.none,
          sortingComparator: by((each) => each.Placement?.AvailabilityZone ?? ''),
        },
        { id: 'public', header: s.publicIp, cell: (each) => each.PublicIpAddress ?? t.none },
        { id: 'private', header: s.privateIp, cell: (each) => each.PrivateIpAddress ?? t.none },
        { id: 'key', header: s.key, cell: (each) => each.KeyName ?? t.none, sortingComparator: by((each) => each.KeyName ?? '') },
        {
          id: 'launched',
          header: s.launched,
          cell: (each) => when(each.LaunchTime),
          sortingComparator: (a, b) => (a.LaunchTime?.getTime() ?? 0) - (b.LaunchTime?.getTime() ?? 0),
        },
        { id: 'image', header: t.ec2.instance.image, cell: (each) => each.ImageId ?? t.none },
        { id: 'vpc', header: t.ec2.instance.vpc, cell: (each) => each.VpcId ?? t.none },
      ]}
    />
  );
}
