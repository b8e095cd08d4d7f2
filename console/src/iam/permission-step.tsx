/** Steps that creating a role and creating a user share: a boundary to choose, tags to give. */
import type { Policy } from '@aws-sdk/client-iam';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import TagEditor, { type TagEditorProps } from '@cloudscape-design/components/tag-editor';
import type { Loaded } from '../data';
import { t } from '../strings';

const s = t.iam.create.permissions;

interface BoundaryProps {
  policies: Loaded<Policy[]>;
  boundary: string | undefined;
  onChange: (arn: string | undefined) => void;
}

export function BoundaryChoice({ policies, boundary, onChange }: BoundaryProps) {
  return (
    <ExpandableSection variant="container" headerText={s.boundary}>
      <FormField description={s.boundaryHint} label={s.boundaryPolicy}>
        <Select
          filteringType="auto"
          virtualScroll
          selectedOption={{ value: boundary ?? '', label: boundary?.split('/').pop() ?? s.noBoundary }}
          options={[
            { value: '', label: s.noBoundary },
            ...(policies.data ?? []).map(({ Arn, PolicyName }) => ({ value: Arn ?? '', label: PolicyName ?? '' })),
          ]}
          onChange={({ detail }) => onChange(detail.selectedOption.value || undefined)}
        />
      </FormField>
    </ExpandableSection>
  );
}

interface TagsProps {
  tags: readonly TagEditorProps.Tag[];
  onChange: (tags: readonly TagEditorProps.Tag[], valid: boolean) => void;
}

/** Tags of something that does not exist yet. */
export function NewTags({ tags, onChange }: TagsProps) {
  return <TagEditor tags={tags} tagLimit={50} onChange={({ detail }) => onChange(detail.tags, detail.valid)} />;
}

/** As the API takes them: those without a name are not meant yet. */
export const givenTags = (tags: readonly TagEditorProps.Tag[]) => tags.filter(({ key }) => key).map(({ key, value }) => ({ Key: key, Value: value }));
