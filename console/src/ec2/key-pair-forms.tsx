/** Make a key pair, whose private half is downloaded once, or bring the public half of one's own. */
import { CreateKeyPairCommand, ImportKeyPairCommand } from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Textarea from '@cloudscape-design/components/textarea';
import { useRef, useState } from 'react';
import { aws } from '../cli';
import { FormModal } from '../shell/form-modal';
import { download, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';

const s = t.ec2.keyPairs;

interface Props {
  reload: () => Promise<void>;
  onDismiss: () => void;
}

export function CreateKeyPair({ reload, onDismiss }: Props) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState('ed25519');
  const { push } = useFlash();
  return (
    <FormModal
      header={s.create}
      button={t.ec2.launch.makeKey}
      ready={Boolean(name)}
      commands={[
        `${aws('ec2', 'create-key-pair', {
          'key-name': name || 'NAME',
          'key-type': kind,
          query: 'KeyMaterial',
          output: 'text',
        })} > ${name || 'NAME'}.pem`,
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        const made = await ec2().send(new CreateKeyPairCommand({ KeyName: name, KeyType: kind as 'ed25519' }));
        download(`${name}.pem`, made.KeyMaterial ?? '', 'application/x-pem-file');
        push('success', t.ec2.launch.keyMade(`${name}.pem`));
        await reload();
      }}
    >
      <Box>{t.ec2.launch.onceOnly}</Box>
      <FormField label={t.name}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={s.kind}>
        <RadioGroup
          value={kind}
          onChange={({ detail }) => setKind(detail.value)}
          items={Object.entries(s.kinds).map(([value, label]) => ({ value, label }))}
        />
      </FormField>
    </FormModal>
  );
}

export function ImportKeyPair({ reload, onDismiss }: Props) {
  const [name, setName] = useState('');
  const [key, setKey] = useState('');
  const file = useRef<HTMLInputElement>(null);
  const { push } = useFlash();
  return (
    <FormModal
      header={s.import}
      button={s.import}
      ready={Boolean(name && key.trim())}
      commands={[
        aws('ec2', 'import-key-pair', {
          'key-name': name || 'NAME',
          'public-key-material': 'fileb://~/.ssh/id_ed25519.pub',
        }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await ec2().send(
          new ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: new TextEncoder().encode(key.trim()) }),
        );
        push('success', s.imported(name));
        await reload();
      }}
    >
      <FormField label={t.name}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField
        label={s.publicKey}
        description={s.publicKeyHint}
        stretch
        secondaryControl={
          <Button formAction="none" iconName="upload" onClick={() => file.current?.click()}>
            {s.browse}
          </Button>
        }
      >
        <div className="mono">
          <Textarea
            value={key}
            rows={4}
            spellcheck={false}
            placeholder="ssh-ed25519 AAAA…"
            onChange={({ detail }) => setKey(detail.value)}
            ariaLabel={s.publicKey}
          />
        </div>
      </FormField>
      <input
        ref={file}
        type="file"
        hidden
        accept=".pub,text/plain"
        aria-label={s.browse}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          if (!chosen) return;
          void chosen.text().then((text) => {
            setKey(text);
            if (!name) setName(chosen.name.replace(/\.pub$/, ''));
          });
        }}
      />
    </FormModal>
  );
}
