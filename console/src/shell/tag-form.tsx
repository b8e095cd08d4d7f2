/** Tags of anything: edited together, saved together, with the commands that do the same. */
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TagEditor, { type TagEditorProps } from '@cloudscape-design/components/tag-editor';
import { useState } from 'react';
import { type Loaded, useAction } from '../data';
import { changedMeanwhile } from '../errors';
import { t } from '../strings';
import { CliCommand, ErrorAlert, useFlash } from './parts';

export interface Tag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** What is to be there, what was new or changed among it, and the keys that go. */
export interface TagChange {
  kept: { Key: string; Value: string }[];
  changed: { Key: string; Value: string }[];
  removed: string[];
}

interface Props {
  loaded: Loaded<Tag[]>;
  /** Asks for the tags as they are now: what another changed since one began to edit is not overwritten. */
  fresh: () => Promise<Tag[]>;
  description: string;
  limit: number;
  save: (change: TagChange) => Promise<void>;
  commands: (change: TagChange) => string[];
  saved: string;
}

/** Tags as a text by which two states of them are compared. */
const said = (tags: readonly Tag[]) => JSON.stringify(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']).sort());

export function TagForm({ loaded, fresh, description, limit, save, commands, saved }: Props) {
  const [edited, setEdited] = useState<readonly TagEditorProps.Tag[]>();
  const [base, setBase] = useState<readonly Tag[]>([]);
  const [valid, setValid] = useState(true);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const present = edited ? base : (loaded.data ?? []);
  const tags: readonly TagEditorProps.Tag[] = edited ?? present.map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '', existing: true }));
  const kept = tags.filter((tag) => !tag.markedForRemoval).map(({ key, value }) => ({ Key: key, Value: value }));
  const change: TagChange = {
    kept,
    changed: kept.filter(({ Key, Value }) => !present.some((tag) => tag.Key === Key && (tag.Value ?? '') === Value)),
    removed: tags.filter((tag) => tag.markedForRemoval && tag.existing).map(({ key }) => key),
  };
  const store = () =>
    run(async () => {
      if (said(await fresh()) !== said(base)) throw changedMeanwhile(t.tagsChanged);
      await save(change);
      push('success', saved);
      await loaded.reload();
      setEdited(undefined);
    });
  return (
    <Container header={<Header variant="h2" description={description}>{t.tags}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={error ?? loaded.error} />
        <TagEditor
          tags={tags}
          tagLimit={limit}
          loading={loaded.loading}
          onChange={({ detail }) => {
            if (!edited) setBase(present);
            setEdited(detail.tags);
            setValid(detail.valid);
          }}
        />
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={!edited || !valid} loading={busy} onClick={() => void store()}>
            {t.save}
          </Button>
          {edited && (
            <Button
              variant="link"
              onClick={() => {
                setEdited(undefined);
                clear();
                void loaded.reload();
              }}
            >
              {t.cancel}
            </Button>
          )}
        </SpaceBetween>
        {edited && valid && (change.changed.length > 0 || change.removed.length > 0) && <CliCommand lines={commands(change)} />}
      </SpaceBetween>
    </Container>
  );
}
