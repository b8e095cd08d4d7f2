/** A policy's text, as one writes it. */
import FormField from '@cloudscape-design/components/form-field';
import Textarea from '@cloudscape-design/components/textarea';
import { t } from '../strings';

export function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

export function Editor({ label, text, onChange }: { label: string; text: string; onChange: (text: string) => void }) {
  let problem = '';
  try {
    JSON.parse(text);
  } catch (error) {
    problem = text ? t.iam.create.notJson(error instanceof Error ? error.message : String(error)) : '';
  }
  return (
    <FormField label={label} stretch errorText={problem}>
      <div className="mono">
        <Textarea value={text} rows={16} spellcheck={false} onChange={({ detail }) => onChange(detail.value)} />
      </div>
    </FormField>
  );
}
