/** The key to log in with: chosen, made on the spot, or none. */
import { CreateKeyPairCommand } from '@aws-sdk/client-ec2';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { download, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2, listKeyPairs } from './api';

const s = t.ec2.launch;
/** “Proceed without a key pair”, which one has to choose. */
const NO_KEY = '';

interface Props {
  region: string;
  chosen: string | undefined;
  onChange: (key: string) => void;
  missing: boolean;
}

export function LaunchKey({ region, chosen, onChange, missing }: Props) {
  const keys = useLoad(listKeyPairs, `keys ${region}`);
  const [name, setName] = useState<string>();
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const options = [
    ...(keys.data ?? []).map(({ KeyName, KeyType }) => ({ value: KeyName ?? '', label: KeyName ?? '', description: KeyType ?? '' })),
    { value: NO_KEY, label: s.noKey, description: s.noKeyHint },
  ];
  const make = () =>
    run(async () => {
      const made = await ec2().send(new CreateKeyPairCommand({ KeyName: name, KeyType: 'ed25519' }));
      download(`${name}.pem`, made.KeyMaterial ?? '', 'application/x-pem-file');
      await keys.reload();
      onChange(made.KeyName ?? '');
      setName(undefined);
      push('success', s.keyMade(`${made.KeyName}.pem`));
    });
  return (
    <Container header={<Header variant="h2" description={s.keyHint}>{s.key}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={keys.error} />
        <FormField
          label={s.keyName}
          errorText={missing ? s.keyMissing : ''}
          secondaryControl={<Button onClick={() => setName('')}>{s.createKey}</Button>}
        >
          <Select
            selectedOption={options.find(({ value }) => value === chosen) ?? null}
            options={options}
            placeholder={s.chooseKey}
            statusType={keys.loading ? 'loading' : 'finished'}
            loadingText={t.loading}
            onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
            ariaLabel={s.keyName}
          />
        </FormField>
        {name !== undefined && (
          <Alert
            type="info"
            header={s.createKey}
            action={
              <SpaceBetween direction="horizontal" size="xs">
                <Button loading={busy} disabled={!name} onClick={() => void make()}>
                  {s.makeKey}
                </Button>
                <Button variant="link" onClick={() => setName(undefined)}>
                  {t.cancel}
                </Button>
              </SpaceBetween>
            }
          >
            <SpaceBetween size="s">
              <span>{s.onceOnly}</span>
              <ErrorAlert error={error} />
              <Input
                value={name}
                onChange={({ detail }) => setName(detail.value)}
                placeholder={s.keyPlaceholder}
                ariaLabel={s.newKeyName}
              />
            </SpaceBetween>
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}
