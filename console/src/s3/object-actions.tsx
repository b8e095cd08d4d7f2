/** What can be done to the chosen objects of a folder, and to the folder itself. */
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Box from '@cloudscape-design/components/box';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { quoted } from '../cli';
import { useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { Confirm, useFlash } from '../shell/parts';
import { t } from '../strings';
import { at, deleteAll, type Entry, listBuckets, nameIn, sourceOf, uriOf } from './api';
import { Share } from './share';

const s = t.s3.objects;
type Asked = 'folder' | 'copy' | 'move' | 'share' | 'delete';

interface Props {
  bucket: string;
  folder: string;
  chosen: Entry[];
  reload: () => Promise<void>;
}

export function ObjectActions({ bucket, folder, chosen, reload }: Props) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [progress, setProgress] = useState(0);
  const { push } = useFlash();
  const first = chosen[0];
  const one = chosen.length === 1 && first && !first.folder ? first : undefined;
  const dismiss = () => {
    setAsked(null);
    setProgress(0);
  };
  const choose = (id: string) => {
    if (id === 'uri' && first) {
      const uri = uriOf(bucket, first.key);
      void navigator.clipboard.writeText(uri).then(
        () => push('success', s.uriCopied(uri)),
        () => push('error', t.copy.failed),
      );
    } else setAsked(id as Asked);
  };
  return (
    <>
      <ButtonDropdown
        items={[
          { id: 'folder', text: s.newFolder },
          { id: 'copy', text: s.copyTo, disabled: !one },
          { id: 'move', text: s.rename, disabled: !one },
          { id: 'share', text: s.share, disabled: !one },
          { id: 'uri', text: s.copyUri, disabled: chosen.length !== 1 },
          { id: 'delete', text: t.delete, disabled: !chosen.length },
        ]}
        onItemClick={({ detail }) => choose(detail.id)}
      >
        {s.actions}
      </ButtonDropdown>
      {asked === 'folder' && <NewFolder bucket={bucket} folder={folder} reload={reload} onDismiss={dismiss} />}
      {(asked === 'copy' || asked === 'move') && one && (
        <Copy bucket={bucket} from={one.key} moves={asked === 'move'} reload={reload} onDismiss={dismiss} />
      )}
      {asked === 'share' && one && <Share bucket={bucket} objectKey={one.key} onDismiss={dismiss} />}
      {asked === 'delete' && first && (
        <Confirm
          header={chosen.length === 1 ? s.deleteHeader(first.name) : s.deleteSeveral(chosen.length)}
          word={t.confirm.delete}
          button={t.delete}
          commands={chosen.map(({ key, folder: isFolder }) => `aws s3 rm ${isFolder ? '--recursive ' : ''}${quoted(uriOf(bucket, key))}`)}
          onDismiss={dismiss}
          onConfirm={async () => {
            try {
              const count = await deleteAll(bucket, chosen.map(({ key }) => key), setProgress);
              push('success', one ? s.deleted(one.name) : s.deletedSeveral(count));
            } finally {
              await reload();
            }
          }}
        >
          <Box>{s.deleteWarning}</Box>
          {chosen.length > 1 && <Box>{chosen.slice(0, 10).map(({ name }) => name).join(', ') + (chosen.length > 10 ? ' …' : '')}</Box>}
          {progress > 0 && <Box>{s.progress(progress)}</Box>}
        </Confirm>
      )}
    </>
  );
}

interface FormProps {
  bucket: string;
  reload: () => Promise<void>;
  onDismiss: () => void;
}

function NewFolder({ bucket, folder, reload, onDismiss }: FormProps & { folder: string }) {
  const [name, setName] = useState('');
  const { push } = useFlash();
  const key = `${folder}${name}/`;
  return (
    <FormModal
      header={s.newFolder}
      button={s.newFolder}
      ready={Boolean(name) && !name.includes('/')}
      commands={[`aws s3api put-object --bucket ${bucket} --key ${quoted(name ? key : `${folder}NAME/`)}`]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await (await at(bucket)).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: new Uint8Array() }));
        push('success', s.folderMade(name));
        await reload();
      }}
    >
      <FormField label={s.folderName} description={s.newFolderHint} errorText={name.includes('/') ? s.folderRule : ''}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
      </FormField>
    </FormModal>
  );
}

function Copy({ bucket, from, moves, reload, onDismiss }: FormProps & { from: string; moves: boolean }) {
  const buckets = useLoad(listBuckets, 'buckets');
  const [target, setTarget] = useState(bucket);
  const [key, setKey] = useState(from);
  const { push } = useFlash();
  const same = target === bucket && key === from;
  const options = (buckets.data ?? []).map(({ Name }) => ({ value: Name ?? '', label: Name ?? '' }));
  return (
    <FormModal
      header={moves ? s.moveHeader(nameIn(from)) : s.copyHeader(nameIn(from))}
      button={moves ? s.rename.replace('…', '') : s.copyTo.replace('…', '')}
      ready={Boolean(key) && !same}
      commands={[`aws s3 ${moves ? 'mv' : 'cp'} ${quoted(uriOf(bucket, from))} ${quoted(uriOf(target, key))}`]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await (await at(target)).send(new CopyObjectCommand({ Bucket: target, Key: key, CopySource: sourceOf(bucket, from) }));
        if (moves) await (await at(bucket)).send(new DeleteObjectCommand({ Bucket: bucket, Key: from }));
        push('success', (moves ? s.moved : s.copied)(uriOf(target, key)));
        await reload();
      }}
    >
      {moves && <Box>{s.moveNote}</Box>}
      <FormField label={s.bucket}>
        <Select
          selectedOption={{ value: target, label: target }}
          options={options}
          filteringType="auto"
          statusType={buckets.loading ? 'loading' : 'finished'}
          onChange={({ detail }) => setTarget(detail.selectedOption.value ?? bucket)}
        />
      </FormField>
      <FormField label={s.key} stretch errorText={same && key !== '' ? s.sameKey : ''}>
        <Input value={key} onChange={({ detail }) => setKey(detail.value)} disableBrowserAutocorrect />
      </FormField>
    </FormModal>
  );
}
