/** What belongs to an instance: its network interface, its volumes, its tags. */
import { CreateTagsCommand, DeleteTagsCommand, type Instance } from '@aws-sdk/client-ec2';
import Container from '@cloudscape-design/components/container';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Table from '@cloudscape-design/components/table';
import { aws } from '../cli';
import { useLoad } from '../data';
import { Empty, ErrorAlert, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { ec2, getInstance, volumesOf } from './api';

const s = t.ec2.instance;

export function Networking({ instance }: { instance: Instance }) {
  const card = instance.NetworkInterfaces?.[0];
  return (
    <Container>
      <KeyValuePairs
        columns={3}
        items={[
          { label: t.ec2.instances.publicIp, value: instance.PublicIpAddress ?? t.none },
          { label: t.ec2.instances.privateIp, value: instance.PrivateIpAddress ?? t.none },
          { label: s.privateDns, value: instance.PrivateDnsName || t.none },
          { label: s.vpc, value: instance.VpcId ?? t.none },
          { label: s.subnet, value: instance.SubnetId ?? t.none },
          { label: t.ec2.instances.zone, value: instance.Placement?.AvailabilityZone ?? t.none },
          { label: s.interface, value: card?.NetworkInterfaceId ?? t.none },
          { label: s.mac, value: card?.MacAddress ?? t.none },
        ]}
      />
    </Container>
  );
}

export function Storage({ id }: { id: string }) {
  const volumes = useLoad(() => volumesOf(id), `volumes ${id}`);
  if (volumes.error) return <ErrorAlert error={volumes.error} />;
  return (
    <Table
      items={volumes.data ?? []}
      loading={volumes.loading}
      loadingText={t.loading}
      ariaLabels={{ tableLabel: s.tabs.storage }}
      empty={<Empty header={s.noVolumes} />}
      columnDefinitions={[
        { id: 'id', header: s.volume, cell: (each) => each.VolumeId, isRowHeader: true },
        { id: 'device', header: s.device, cell: (each) => each.Attachments?.[0]?.Device ?? t.none },
        { id: 'size', header: s.size, cell: (each) => `${each.Size} GiB` },
        { id: 'type', header: t.type, cell: (each) => each.VolumeType ?? t.none },
        { id: 'attached', header: s.attached, cell: (each) => when(each.Attachments?.[0]?.AttachTime) },
        { id: 'goes', header: s.deleted, cell: (each) => (each.Attachments?.[0]?.DeleteOnTermination ? s.yes : s.no) },
      ]}
    />
  );
}

export function InstanceTags({ instance, reload }: { instance: Instance; reload: () => Promise<void> }) {
  const id = instance.InstanceId ?? '';
  const loaded = { data: instance.Tags ?? [], error: undefined, loading: false, reload };
  return (
    <TagForm
      loaded={loaded}
      fresh={async () => (await getInstance(id))?.Tags ?? []}
      description={s.tagsHint}
      limit={50}
      saved={s.tagsSaved(id)}
      save={async ({ changed, removed }) => {
        if (removed.length) {
          await ec2().send(new DeleteTagsCommand({ Resources: [id], Tags: removed.map((Key) => ({ Key })) }));
        }
        if (changed.length) await ec2().send(new CreateTagsCommand({ Resources: [id], Tags: changed }));
      }}
      commands={({ changed, removed }) => [
        ...(removed.length
          ? [aws('ec2', 'delete-tags', { resources: id, tags: JSON.stringify(removed.map((Key) => ({ Key }))) })]
          : []),
        ...(changed.length ? [aws('ec2', 'create-tags', { resources: id, tags: JSON.stringify(changed) })] : []),
      ]}
    />
  );
}
