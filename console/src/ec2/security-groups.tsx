/** The security groups of a region, and one with its rules. */
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useLoad } from '../data';
import { pathOf, To } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { Copyable, Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { getSecurityGroups, listSecurityGroups } from './api';
import { Rules } from './rules';

const s = t.ec2.groups;

export default function SecurityGroups() {
  const groups = useLoad(listSecurityGroups, `groups ${session().region}`, 15);
  return (
    <List
      name="security-groups"
      loaded={groups}
      header={s.title}
      description={s.description}
      id={(each) => each.GroupId ?? ''}
      label={(each) => each.GroupName ?? ''}
      text={(each) => `${each.GroupName} ${each.GroupId} ${each.Description} ${each.VpcId}`}
      placeholder={s.search}
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        {
          id: 'name',
          header: s.name,
          cell: (each) => <To path={pathOf('ec2', 'security-groups', each.GroupId ?? '')}>{each.GroupName}</To>,
          sortingField: 'GroupName',
          isRowHeader: true,
        },
        { id: 'id', header: s.id, cell: (each) => each.GroupId, sortingField: 'GroupId' },
        { id: 'vpc', header: t.ec2.network.vpc, cell: (each) => each.VpcId, sortingField: 'VpcId' },
        { id: 'description', header: t.description, cell: (each) => each.Description },
        { id: 'inbound', header: s.inbound, cell: (each) => s.rules(each.IpPermissions?.length ?? 0) },
        { id: 'outbound', header: s.outbound, cell: (each) => s.rules(each.IpPermissionsEgress?.length ?? 0) },
      ]}
    />
  );
}

export function SecurityGroupPage({ id }: { id: string }) {
  const loaded = useLoad(() => getSecurityGroups([id]), `group ${id}`, 15);
  if (loaded.loading) return <Spinner size="large" />;
  const group = loaded.data?.[0];
  if (!group) return loaded.error ? <ErrorAlert error={loaded.error} /> : <Empty header={s.missing(id)} />;
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={loaded.error} />
      <Header variant="h1">{`${id} – ${group.GroupName}`}</Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.name, value: group.GroupName },
            { label: s.id, value: <Copyable text={id} label={s.id} /> },
            { label: t.description, value: group.Description || t.none },
            { label: t.ec2.network.vpc, value: group.VpcId ?? t.none },
            { label: s.owner, value: group.OwnerId ?? t.none },
          ]}
        />
      </Container>
      <Rules header={t.ec2.instance.rules(s.inbound)} rules={group.IpPermissions ?? []} />
      <Rules header={t.ec2.instance.rules(s.outbound)} rules={group.IpPermissionsEgress ?? []} />
    </SpaceBetween>
  );
}
