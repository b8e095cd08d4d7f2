/** A password for somebody: made up or given, to be changed at the first sign-in or not. It is shown once. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { signInAddress } from '../account/api';
import { session } from '../session';
import { Copyable, download } from '../shell/parts';
import { t } from '../strings';

const s = t.iam.users.password;

export interface Choice {
  kind: 'made' | 'own';
  own: string;
  mustChange: boolean;
}

export const FRESH: Choice = { kind: 'made', own: '', mustChange: true };

export function PasswordChoice({ choice, onChange }: { choice: Choice; onChange: (choice: Choice) => void }) {
  const [shown, setShown] = useState(false);
  return (
    <SpaceBetween size="m">
      <RadioGroup
        value={choice.kind}
        ariaLabel={s.title}
        onChange={({ detail }) => onChange({ ...choice, kind: detail.value as Choice['kind'] })}
        items={[
          { value: 'made', label: s.made, description: s.madeHint },
          { value: 'own', label: s.own },
        ]}
      />
      {choice.kind === 'own' && (
        <FormField label={s.title} description={s.rules}>
          <SpaceBetween size="xs">
            <Input value={choice.own} type={shown ? 'text' : 'password'} autoComplete="new-password" onChange={({ detail }) => onChange({ ...choice, own: detail.value })} />
            <Checkbox checked={shown} onChange={({ detail }) => setShown(detail.checked)}>
              {s.show}
            </Checkbox>
          </SpaceBetween>
        </FormField>
      )}
      <Checkbox checked={choice.mustChange} description={s.mustChangeHint} onChange={({ detail }) => onChange({ ...choice, mustChange: detail.checked })}>
        {s.mustChange}
      </Checkbox>
    </SpaceBetween>
  );
}

/** The only time that a password is shown. */
export function PasswordOnce({ name, password, onDismiss }: { name: string; password: string; onDismiss: () => void }) {
  const address = signInAddress(session().account);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const csv = `User name,Password,Console sign-in URL\r\n${[name, password, address].map(quoted).join(',')}\r\n`;
  return (
    <Modal
      visible
      header={s.onceHeader(name)}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="download" onClick={() => download(`${name}_credentials.csv`, csv, 'text/csv')}>
              {s.csv}
            </Button>
            <Button variant="primary" onClick={onDismiss}>
              {s.done}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{s.once}</Alert>
        <FormField label={s.address}>
          <Copyable text={address} label={s.address} />
        </FormField>
        <FormField label={t.iam.users.name}>
          <Copyable text={name} label={t.iam.users.name} />
        </FormField>
        <FormField label={s.title}>
          <span className="wrap" data-testid="new-password">
            <Copyable text={password} label={s.title} />
          </span>
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
