/** What is in a folder of a bucket; files that are dropped here are uploaded to it. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { quoted } from '../cli';
import { useAction, useLoad } from '../data';
import { pathOf, To } from '../routing';
import { List } from '../shell/list';
import { CliCommand, Empty, ErrorAlert, when } from '../shell/parts';
import { t } from '../strings';
import { bytes, listEntries, uriOf } from './api';
import { downloadObject } from './download';
import { ObjectActions } from './object-actions';
import { Uploads } from './upload-panel';
import { UploadButton } from './upload-button';
import { dropped, upload } from './uploads';

const s = t.s3.objects;
const PAGE = 1000;

export const folderPath = (bucket: string, folder: string): string =>
  `${pathOf('s3', 'buckets', bucket)}${folder ? `?prefix=${encodeURIComponent(folder)}` : ''}`;

export const objectPath = (bucket: string, key: string): string =>
  `${pathOf('s3', 'buckets', bucket)}/object?key=${encodeURIComponent(key)}`;

export function Objects({ bucket, folder }: { bucket: string; folder: string }) {
  const [limit, setLimit] = useState(PAGE);
  const [begins, setBegins] = useState('');
  const [typed, setTyped] = useState('');
  const listing = useLoad(() => listEntries(bucket, folder, begins, limit), `${bucket}/${folder} ${begins} ${limit}`, 10);
  const [selected, setSelected] = useState<string[]>([]);
  const [over, setOver] = useState(false);
  const { busy, error, run, clear } = useAction();
  const entries = { ...listing, data: listing.data?.entries };
  const chosen = (entries.data ?? []).filter(({ key }) => selected.includes(key));
  const one = chosen.length === 1 && !chosen[0]?.folder ? chosen[0] : undefined;
  const put = (files: { path: string; file: File }[]) => upload(bucket, folder, files);
  const uri = quoted(uriOf(bucket, folder));
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- to drop files is one way more: the Upload buttons are everybody's
    <div
      className={over ? 'drop over' : 'drop'}
      data-hint={s.drop(uriOf(bucket, folder))}
      data-testid="drop"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void run(async () => put(await dropped(event.dataTransfer)));
      }}
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} onDismiss={clear} />
        <Uploads bucket={bucket} onDone={() => void listing.reload()} />
        <List
          name="objects"
          loaded={entries}
          header={s.title}
          level="h2"
          selection="multi"
          selected={selected}
          onSelected={setSelected}
          id={({ key }) => key}
          label={({ name }) => name}
          text={({ name }) => name}
          placeholder={s.search}
          filterBeside={
            (begins || listing.data?.more) && (
              <SpaceBetween direction="horizontal" size="xs">
                <Input
                  value={typed}
                  type="search"
                  placeholder={s.begins}
                  ariaLabel={s.begins}
                  onChange={({ detail }) => setTyped(detail.value)}
                  onKeyDown={({ detail }) => {
                    if (detail.key === 'Enter') setBegins(typed);
                  }}
                />
                <Button onClick={() => setBegins(typed)}>{s.beginsButton}</Button>
              </SpaceBetween>
            )
          }
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void listing.reload()} />
              <Button
                disabled={!one}
                loading={busy}
                onClick={() => void run(async () => downloadObject(bucket, one?.key ?? ''))}
              >
                {s.download}
              </Button>
              <ObjectActions
                bucket={bucket}
                folder={folder}
                chosen={chosen}
                reload={async () => {
                  setSelected([]);
                  await listing.reload();
                }}
              />
              <UploadButton onFiles={put} />
            </SpaceBetween>
          }
          empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
          columns={[
            {
              id: 'name',
              header: t.name,
              cell: (each) => (
                <To path={each.folder ? folderPath(bucket, each.key) : objectPath(bucket, each.key)}>
                  {each.name || '/'}
                </To>
              ),
              sortingComparator: (a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name),
              isRowHeader: true,
            },
            {
              id: 'type',
              header: t.type,
              cell: (each) => (each.folder ? s.folder : (/\.([^./]+)$/.exec(each.name)?.[1] ?? t.none)),
            },
            {
              id: 'modified',
              header: s.modified,
              cell: (each) => when(each.modified),
              sortingComparator: (a, b) => (a.modified?.getTime() ?? 0) - (b.modified?.getTime() ?? 0),
            },
            { id: 'size', header: s.size, cell: (each) => (each.folder ? t.none : bytes(each.size)), sortingField: 'size' },
            { id: 'storage', header: s.storage, cell: (each) => each.storage || t.none },
          ]}
        />
        {listing.data?.more && (
          <SpaceBetween direction="horizontal" size="s">
            <Box padding={{ top: 'xxs' }}>{s.moreHint(listing.data.entries.length)}</Box>
            <Button onClick={() => setLimit(limit + PAGE)}>{s.more}</Button>
          </SpaceBetween>
        )}
        <CliCommand lines={[`aws s3 ls ${uri}`, `aws s3 cp FILE ${uri}`]} />
      </SpaceBetween>
    </div>
  );
}
