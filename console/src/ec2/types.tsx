/** How large an instance can be. */
import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useLoad } from '../data';
import { session } from '../session';
import { List } from '../shell/list';
import { Empty } from '../shell/parts';
import { t } from '../strings';
import { listTypes } from './api';

const s = t.ec2.types;
const ANY = { value: '', label: s.anyArchitecture };
const KINDS = [ANY, { value: 'x86_64', label: 'x86_64' }, { value: 'arm64', label: 'arm64' }];
const architectures = (each: InstanceTypeInfo): string => each.ProcessorInfo?.SupportedArchitectures?.join(', ') ?? '';
const cores = (each: InstanceTypeInfo): number => each.VCpuInfo?.DefaultVCpus ?? 0;
const memory = (each: InstanceTypeInfo): number => (each.MemoryInfo?.SizeInMiB ?? 0) / 1024;

export default function InstanceTypes() {
  const types = useLoad(listTypes, `types ${session().region}`);
  const [kind, setKind] = useState('');
  return (
    <List
      name="instance-types"
      loaded={types}
      header={s.title}
      description={s.description}
      id={(each) => each.InstanceType ?? ''}
      label={(each) => each.InstanceType ?? ''}
      text={(each) => each.InstanceType ?? ''}
      narrow={(each) => !kind || architectures(each).split(', ').includes(kind)}
      filterBeside={
        <Select
          selectedOption={KINDS.find(({ value }) => value === kind) ?? ANY}
          options={KINDS}
          onChange={({ detail }) => setKind(detail.selectedOption.value ?? '')}
          ariaLabel={t.ec2.images.architecture}
        />
      }
      placeholder={s.search}
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        { id: 'type', header: t.ec2.instances.type, cell: (each) => each.InstanceType, sortingField: 'InstanceType', isRowHeader: true },
        { id: 'cores', header: s.cores, cell: cores, sortingComparator: (a, b) => cores(a) - cores(b) },
        { id: 'memory', header: s.memory, cell: memory, sortingComparator: (a, b) => memory(a) - memory(b) },
        { id: 'architecture', header: t.ec2.images.architecture, cell: architectures },
        { id: 'network', header: s.network, cell: (each) => each.NetworkInfo?.NetworkPerformance ?? t.none },
        { id: 'hypervisor', header: s.hypervisor, cell: (each) => each.Hypervisor ?? t.none },
      ]}
    />
  );
}
