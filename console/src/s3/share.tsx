/** A link with which anybody can download one object for a while. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { quoted } from '../cli';
import { session } from '../session';
import { FormModal } from '../shell/form-modal';
import { CopyIcon, when } from '../shell/parts';
import { t } from '../strings';
import { nameIn, uriOf } from './api';
import { linkTo } from './download';

const s = t.s3.share;
const UNITS = [
  { value: '60', label: s.minutes },
  { value: '3600', label: s.hours },
];
const AT_MOST = 12 * 3600;

export function Share({ bucket, objectKey, onDismiss }: { bucket: string; objectKey: string; onDismiss: () => void }) {
  const [number, setNumber] = useState('15');
  const [unit, setUnit] = useState('60');
  const [made, setMade] = useState<{ link: string; until: Date }>();
  const seconds = Number(number) * Number(unit);
  const valid = /^\d+$/.test(number) && seconds >= 60 && seconds <= AT_MOST;
  const left = Math.floor((Date.parse(session().expiration) - Date.now()) / 1000);
  return (
    <FormModal
      header={s.header(nameIn(objectKey))}
      button={s.make}
      size="large"
      ready={valid}
      keepOpen
      commands={[`aws s3 presign ${quoted(uriOf(bucket, objectKey))} --expires-in ${valid ? seconds : 'SECONDS'}`]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        const lasts = Math.min(seconds, left);
        setMade({ link: await linkTo(bucket, objectKey, seconds), until: new Date(Date.now() + lasts * 1000) });
      }}
    >
      <Box>{s.text}</Box>
      <FormField label={s.duration} errorText={valid ? '' : s.durationInvalid}>
        <SpaceBetween direction="horizontal" size="xs">
          <Input
            value={number}
            type="number"
            inputMode="numeric"
            onChange={({ detail }) => setNumber(detail.value)}
            ariaLabel={s.duration}
          />
          <Select
            selectedOption={UNITS.find(({ value }) => value === unit) ?? null}
            options={UNITS}
            onChange={({ detail }) => setUnit(detail.selectedOption.value ?? '60')}
            ariaLabel={`${s.minutes}, ${s.hours}`}
          />
        </SpaceBetween>
      </FormField>
      {seconds > left && <Alert type="info">{s.session}</Alert>}
      {made && (
        <FormField label={s.link} description={s.until(when(made.until))} stretch>
          <div className="command" data-testid="share-link">
            <pre>{made.link}</pre>
            <CopyIcon text={made.link} label={`${t.copy.copy} ${s.link}`} />
          </div>
        </FormField>
      )}
    </FormModal>
  );
}
