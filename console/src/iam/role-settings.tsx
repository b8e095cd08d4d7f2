/** What can be changed of a role beside its policies: its description and how long its sessions may be. */
import { UpdateRoleCommand, type Role } from '@aws-sdk/client-iam';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { changedMeanwhile } from '../errors';
import { FormModal } from '../shell/form-modal';
import { useFlash } from '../shell/parts';
import { t } from '../strings';
import { getRole, iam } from './api';

const s = t.iam.role;
const HOURS = [1, 2, 4, 8, 12];

export function Settings({ role, onDismiss, onDone }: { role: Role; onDismiss: () => void; onDone: () => Promise<void> }) {
  const name = role.RoleName ?? '';
  const [before] = useState({ description: role.Description ?? '', duration: role.MaxSessionDuration ?? 3600 });
  const [description, setDescription] = useState(before.description);
  const [duration, setDuration] = useState(String(before.duration));
  const [custom, setCustom] = useState(!HOURS.some((each) => each * 3600 === before.duration));
  const { push } = useFlash();
  const seconds = Number(duration);
  const valid = Number.isInteger(seconds) && seconds >= 3600 && seconds <= 43200;
  const choices = [...HOURS.map((each) => ({ value: String(each * 3600), label: s.hours(each) })), { value: '', label: s.customDuration }];
  return (
    <FormModal
      header={s.editSettings(name)}
      button={t.save}
      ready={valid}
      commands={[aws('iam', 'update-role', { 'role-name': name, description, 'max-session-duration': duration })]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        const now = await getRole(name);
        if ((now.Description ?? '') !== before.description || (now.MaxSessionDuration ?? 3600) !== before.duration) throw changedMeanwhile(s.settingsChanged);
        await iam().send(new UpdateRoleCommand({ RoleName: name, Description: description, MaxSessionDuration: seconds }));
        push('success', s.settingsSaved(name));
        await onDone();
      }}
    >
      <FormField label={t.description} constraintText={t.iam.create.review.descriptionRule}>
        <Textarea value={description} rows={2} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
      <FormField label={s.duration} description={s.durationHint}>
        <Select
          selectedOption={choices.find(({ value }) => (custom ? value === '' : value === duration)) ?? null}
          options={choices}
          onChange={({ detail }) => {
            setCustom(!detail.selectedOption.value);
            if (detail.selectedOption.value) setDuration(detail.selectedOption.value);
          }}
        />
      </FormField>
      {custom && (
        <FormField label={s.seconds} errorText={valid ? '' : s.durationInvalid}>
          <Input value={duration} inputMode="numeric" onChange={({ detail }) => setDuration(detail.value)} />
        </FormField>
      )}
    </FormModal>
  );
}
