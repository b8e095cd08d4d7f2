/** The VPCs of a region and their subnets. */
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useLoad } from '../data';
import { session } from '../session';
import { List } from '../shell/list';
import { Empty } from '../shell/parts';
import { t } from '../strings';
import { listSubnets, listVpcs, nameTag } from './api';

const s = t.ec2.network;
const yes = (value: boolean | undefined) => (value ? t.ec2.instance.yes : t.ec2.instance.no);

export default function Network() {
  const region = session().region;
  const vpcs = useLoad(listVpcs, `vpcs ${region}`);
  const subnets = useLoad(listSubnets, `subnets ${region}`);
  const empty = <Empty header={s.empty}>{s.emptyHint}</Empty>;
  return (
    <SpaceBetween size="l">
      <List
        name="vpcs"
        loaded={vpcs}
        header={s.vpcs}
        description={s.description}
        id={(each) => each.VpcId ?? ''}
        label={(each) => each.VpcId ?? ''}
        text={(each) => `${each.VpcId} ${each.CidrBlock} ${nameTag(each.Tags)}`}
        placeholder={s.search}
        empty={empty}
        columns={[
          { id: 'id', header: s.vpc, cell: (each) => each.VpcId, sortingField: 'VpcId', isRowHeader: true },
          { id: 'name', header: t.name, cell: (each) => nameTag(each.Tags) || t.none },
          { id: 'range', header: s.range, cell: (each) => each.CidrBlock },
          { id: 'state', header: s.state, cell: (each) => each.State },
          { id: 'default', header: s.isDefault, cell: (each) => yes(each.IsDefault) },
        ]}
      />
      <List
        name="subnets"
        loaded={subnets}
        header={s.subnets}
        id={(each) => each.SubnetId ?? ''}
        label={(each) => each.SubnetId ?? ''}
        text={(each) => `${each.SubnetId} ${each.AvailabilityZone} ${each.CidrBlock} ${each.VpcId}`}
        placeholder={s.search}
        empty={empty}
        columns={[
          { id: 'id', header: s.subnet, cell: (each) => each.SubnetId, sortingField: 'SubnetId', isRowHeader: true },
          { id: 'zone', header: t.ec2.instances.zone, cell: (each) => each.AvailabilityZone, sortingField: 'AvailabilityZone' },
          { id: 'range', header: s.range, cell: (each) => each.CidrBlock, sortingField: 'CidrBlock' },
          { id: 'vpc', header: s.vpc, cell: (each) => each.VpcId },
          { id: 'available', header: s.available, cell: (each) => each.AvailableIpAddressCount },
          { id: 'public', header: s.publicByDefault, cell: (each) => yes(each.MapPublicIpOnLaunch) },
        ]}
      />
    </SpaceBetween>
  );
}
