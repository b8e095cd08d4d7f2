/** The instances of a region, as they are now. */
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { Empty } from '../shell/parts';
import { t } from '../strings';
import { InstanceActions } from './actions';
import { indicatorOf, listInstances, nameOf, profileOf } from './api';

const s = t.ec2.instances;

export default function Instances() {
  const region = session().region;
  const instances = useLoad(listInstances, `instances ${region}`, 3);
  const [selected, setSelected] = useState<string[]>([]);
  const chosen = instances.data?.find(({ InstanceId }) => InstanceId === selected[0]);
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
      selection="single"
      selected={selected}
      onSelected={setSelected}
      id={(each) => each.InstanceId ?? ''}
      label={(each) => each.InstanceId ?? ''}
      text={(each) =>
        [each.InstanceId, nameOf(each), each.State?.Name, each.PublicIpAddress, each.PrivateIpAddress, profileOf(each)].join(' ')
      }
      placeholder={s.search}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void instances.reload()} />
          <Button
            disabled={chosen?.State?.Name !== 'running'}
            href={chosen ? `${href(pathOf('ec2', 'instances', chosen.InstanceId ?? ''))}?tab=connect` : undefined}
            onFollow={follow}
          >
            {t.ec2.connect.title}
          </Button>
          <InstanceActions instance={chosen} reload={instances.reload} />
          {launch(true)}
        </SpaceBetween>
      }
      empty={
        <Empty header={s.empty} action={launch(false)}>
          {s.emptyHint}
        </Empty>
      }
      columns={[
        {
          id: 'id',
          header: s.id,
          cell: (each) => <To path={pathOf('ec2', 'instances', each.InstanceId ?? '')}>{each.InstanceId}</To>,
          sortingField: 'InstanceId',
          isRowHeader: true,
        },
        {
          id: 'name',
          header: t.name,
          cell: (each) => nameOf(each) || t.none,
          sortingComparator: (a, b) => nameOf(a).localeCompare(nameOf(b)),
        },
        {
          id: 'state',
          header: s.state,
          cell: (each) => (
            <StatusIndicator type={indicatorOf(each.State?.Name)}>
              {s.states[each.State?.Name ?? ''] ?? each.State?.Name}
            </StatusIndicator>
          ),
          sortingComparator: (a, b) => (a.State?.Code ?? 0) - (b.State?.Code ?? 0),
        },
        { id: 'type', header: s.type, cell: (each) => each.InstanceType, sortingField: 'InstanceType' },
        {
          id: 'role',
          header: s.role,
          cell: (each) => {
            const profile = profileOf(each);
            return profile ? <To path={pathOf('iam', 'roles', profile)}>{profile}</To> : t.none;
          },
          sortingComparator: (a, b) => profileOf(a).localeCompare(profileOf(b)),
        },
        { id: 'zone', header: s.zone, cell: (each) => each.Placement?.AvailabilityZone ?? t.none },
        { id: 'public', header: s.publicIp, cell: (each) => each.PublicIpAddress ?? t.none },
        { id: 'private', header: s.privateIp, cell: (each) => each.PrivateIpAddress ?? t.none },
      ]}
    />
  );
}
