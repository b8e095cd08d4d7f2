/** What is in a bucket. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Box from '@cloudscape-design/components/box';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useRef, useState } from 'react';
import { aws, quoted } from '../cli';
import { useAction, useLoad } from '../data';
import { follow, href, pathOf, To, useRoute } from '../routing';
import { List } from '../shell/list';
import { CliCommand, Confirm, download, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { bytes, listEntries, s3 } from './api';

const s = t.s3.objects;
const AT_MOST = 100 * 1000 * 1000;

export default function Bucket({ name }: { name: string }) {
  const { query } = useRoute();
  const prefix = query.get('prefix') ?? '';
  const entries = useLoad(() => listEntries(name, prefix), `${name}/${prefix}`, 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const chosen = entries.data?.find(({ key, folder }) => key === selected[0] && !folder);
  const place = (to: string) => `${pathOf('s3', 'buckets', name)}?prefix=${encodeURIComponent(to)}`;

  const upload = (files: FileList) =>
    run(async () => {
      for (const file of files) {
        if (file.size > AT_MOST) throw Object.assign(new Error(s.tooLarge(file.name)), { name: s.tooLargeCode });
        await s3().send(
          new PutObjectCommand({
            Bucket: name,
            Key: prefix + file.name,
            Body: new Uint8Array(await file.arrayBuffer()),
            ContentType: file.type || undefined,
          }),
        );
        push('success', s.uploaded(file.name));
      }
      await entries.reload();
    });

  const get = () =>
    run(async () => {
      if (!chosen) return;
      const reply = await s3().send(new GetObjectCommand({ Bucket: name, Key: chosen.key }));
      const content = await reply.Body?.transformToByteArray();
      download(chosen.name, (content ?? new Uint8Array()) as BlobPart, 'application/octet-stream');
    });

  const folders = prefix.split('/').filter(Boolean);
  return (
    <SpaceBetween size="m">
      <ErrorAlert error={error} onDismiss={clear} />
      {folders.length > 0 && (
        <BreadcrumbGroup
          ariaLabel={s.folders}
          onFollow={follow}
          items={[
            { text: name, href: href(pathOf('s3', 'buckets', name)) },
            ...folders.map((text, index) => ({ text, href: href(place(`${folders.slice(0, index + 1).join('/')}/`)) })),
          ]}
        />
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={s.upload}
        onChange={(event) => {
          if (event.target.files?.length) void upload(event.target.files).finally(() => (event.target.value = ''));
        }}
      />
      <List
        name="objects"
        loaded={entries}
        header={name}
        description={s.description}
        selection="single"
        selected={selected}
        onSelected={setSelected}
        id={({ key }) => key}
        label={({ name: label }) => label}
        text={({ key }) => key}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void entries.reload()} />
            <Button disabled={!chosen} onClick={() => void get()}>
              {s.download}
            </Button>
            <Button disabled={!chosen} onClick={() => setDeleting(true)}>
              {t.delete}
            </Button>
            <Button variant="primary" loading={busy} onClick={() => input.current?.click()}>
              {s.upload}
            </Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columns={[
          {
            id: 'name',
            header: t.name,
            cell: (each) => (each.folder ? <To path={place(each.key)}>{each.name}</To> : each.name),
            sortingField: 'name',
            isRowHeader: true,
          },
          { id: 'size', header: s.size, cell: (each) => (each.folder ? t.none : bytes(each.size)), sortingField: 'size' },
          { id: 'modified', header: s.modified, cell: (each) => when(each.modified) },
        ]}
      />
      <CliCommand lines={[`aws s3 ls ${quoted(`s3://${name}/${prefix}`)}`, `aws s3 cp FILE ${quoted(`s3://${name}/${prefix}`)}`]} />
      {deleting && chosen && (
        <Confirm
          header={s.deleteHeader(chosen.name)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[aws('s3', 'rm', {}) + ` ${quoted(`s3://${name}/${chosen.key}`)}`]}
          onDismiss={() => setDeleting(false)}
          onConfirm={async () => {
            await s3().send(new DeleteObjectCommand({ Bucket: name, Key: chosen.key }));
            push('success', s.deleted(chosen.name));
            setSelected([]);
            await entries.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </SpaceBetween>
  );
}
