/** How programs on an instance may reach its metadata, as one chooses it: at the launch and later. */
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { t } from '../strings';

const s = t.ec2.metadata;

export interface Options {
  endpoint: boolean;
  required: boolean;
  hops: string;
  tags: boolean;
}

export const AT_LAUNCH: Options = { endpoint: true, required: true, hops: '2', tags: false };

export const areHops = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 64;

/** As RunInstances and ModifyInstanceMetadataOptions take them. */
export function parameters({ endpoint, required, hops, tags }: Options) {
  return {
    HttpEndpoint: endpoint ? ('enabled' as const) : ('disabled' as const),
    HttpTokens: required ? ('required' as const) : ('optional' as const),
    HttpPutResponseHopLimit: Number(hops),
    InstanceMetadataTags: tags ? ('enabled' as const) : ('disabled' as const),
  };
}

export function MetadataFields({ options, onChange }: { options: Options; onChange: (options: Options) => void }) {
  return (
    <SpaceBetween size="m">
      <FormField label={s.endpoint} description={s.endpointHint}>
        <Toggle checked={options.endpoint} onChange={({ detail }) => onChange({ ...options, endpoint: detail.checked })}>
          {s.enable}
        </Toggle>
      </FormField>
      <FormField label={s.version}>
        <RadioGroup
          value={options.required ? 'required' : 'optional'}
          onChange={({ detail }) => onChange({ ...options, required: detail.value === 'required' })}
          items={[
            { value: 'required', label: s.required, description: s.requiredHint },
            { value: 'optional', label: s.optional, description: s.optionalHint },
          ]}
        />
      </FormField>
      <FormField
        label={s.hops}
        description={s.hopsHint}
        constraintText={s.hopsRule}
        errorText={areHops(options.hops) ? '' : s.hopsRule}
      >
        <Input
          value={options.hops}
          inputMode="numeric"
          onChange={({ detail }) => onChange({ ...options, hops: detail.value })}
        />
      </FormField>
      <FormField description={s.tagsHint}>
        <Toggle checked={options.tags} onChange={({ detail }) => onChange({ ...options, tags: detail.checked })}>
          {s.tags}
        </Toggle>
      </FormField>
    </SpaceBetween>
  );
}
