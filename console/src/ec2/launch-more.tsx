/** What most launches leave as it is: the network, and the advanced details. */
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TagEditor from '@cloudscape-design/components/tag-editor';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useLoad } from '../data';
import { ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { listSecurityGroups, listSubnets } from './api';
import { type Draft, isLarge } from './launch-draft';
import { MetadataFields } from './metadata-fields';

const s = t.ec2.launch;

interface Props {
  region: string;
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
}

export function LaunchNetwork({ region, draft, onChange }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <ExpandableSection
      variant="container"
      headerText={s.network}
      expanded={open}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      {open && <Network region={region} draft={draft} onChange={onChange} />}
    </ExpandableSection>
  );
}

function Network({ region, draft, onChange }: Props) {
  const subnets = useLoad(listSubnets, `subnets ${region}`);
  const groups = useLoad(listSecurityGroups, `groups ${region}`);
  const subnetOptions = [
    { value: '', label: s.anySubnet },
    ...(subnets.data ?? []).map(({ SubnetId, AvailabilityZone, CidrBlock }) => ({
      value: SubnetId ?? '',
      label: SubnetId ?? '',
      description: `${AvailabilityZone} · ${CidrBlock}`,
    })),
  ];
  const groupOptions = (groups.data ?? []).map(({ GroupId, GroupName, Description }) => ({
    value: GroupId ?? '',
    label: `${GroupName} (${GroupId})`,
    description: Description ?? '',
  }));
  return (
    <SpaceBetween size="m">
      <ErrorAlert error={subnets.error ?? groups.error} />
      <FormField label={s.subnet}>
        <Select
          selectedOption={subnetOptions.find(({ value }) => value === draft.subnet) ?? null}
          options={subnetOptions}
          statusType={subnets.loading ? 'loading' : 'finished'}
          loadingText={t.loading}
          onChange={({ detail }) => onChange({ subnet: detail.selectedOption.value ?? '' })}
        />
      </FormField>
      <FormField label={s.groups} description={s.groupsHint}>
        <Multiselect
          selectedOptions={groupOptions.filter(({ value }) => draft.groups.includes(value))}
          options={groupOptions}
          placeholder={s.chooseGroups}
          statusType={groups.loading ? 'loading' : 'finished'}
          loadingText={t.loading}
          deselectAriaLabel={({ label }) => `${t.dismiss} ${label}`}
          onChange={({ detail }) => onChange({ groups: detail.selectedOptions.map(({ value }) => value ?? '') })}
        />
      </FormField>
    </SpaceBetween>
  );
}

export function LaunchAdvanced({ draft, onChange }: Omit<Props, 'region'>) {
  const shutdowns = Object.entries(s.shutdowns).map(([value, label]) => ({ value, label }));
  return (
    <ExpandableSection variant="container" headerText={s.advanced}>
      <SpaceBetween size="l">
        <FormField label={s.moreTags} stretch>
          <TagEditor
            tags={draft.tags.map(({ key, value }) => ({ key, value, existing: false }))}
            tagLimit={49}
            onChange={({ detail }) =>
              onChange({ tags: detail.tags.map(({ key, value }) => ({ key, value })), tagsValid: detail.valid })
            }
          />
        </FormField>
        <FormField label={s.shutdown} description={s.shutdownHint}>
          <Select
            selectedOption={shutdowns.find(({ value }) => value === draft.shutdown) ?? null}
            options={shutdowns}
            onChange={({ detail }) => onChange({ shutdown: detail.selectedOption.value as Draft['shutdown'] })}
          />
        </FormField>
        <FormField description={s.protectionHint}>
          <Toggle checked={draft.isProtected} onChange={({ detail }) => onChange({ isProtected: detail.checked })}>
            {s.protection}
          </Toggle>
        </FormField>
        <MetadataFields options={draft.metadata} onChange={(metadata) => onChange({ metadata })} />
        <FormField
          label={s.userData}
          description={s.userDataHint}
          stretch
          errorText={isLarge(draft.userData) ? s.userDataLarge : ''}
        >
          <div className="mono">
            <Textarea
              value={draft.userData}
              rows={6}
              spellcheck={false}
              onChange={({ detail }) => onChange({ userData: detail.value })}
              ariaLabel={s.userData}
            />
          </div>
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}
