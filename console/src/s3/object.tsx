/** One object: what it is, what is kept with it, and how to get it. Its content is never shown here: it is not the console's. */
import {
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { navigate, pathOf, To, useRoute } from '../routing';
import { Copyable, Empty, ErrorAlert, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { at, bytes, nameIn, uriOf } from './api';
import { downloadObject } from './download';
import { folderPath, objectPath } from './objects';
import { Share } from './share';

const s = t.s3.object;

interface Facts {
  size: number;
  modified: Date | undefined;
  etag: string;
  type: string;
  storage: string;
  encryption: string;
  checksums: { name: string; value: string; kind: string }[];
  parts: number | undefined;
  system: Record<string, string>;
  user: Record<string, string>;
}

const CHECKSUMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

async function factsOf(bucket: string, key: string): Promise<Facts> {
  const client = await at(bucket);
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
  // these need a permission of their own, and the page does without them where it is not given
  const parts = await client
    .send(new GetObjectAttributesCommand({ Bucket: bucket, Key: key, ObjectAttributes: ['ObjectParts'] }))
    .then((reply) => reply.ObjectParts?.TotalPartsCount)
    .catch(() => undefined);
  const system = {
    'Content-Type': head.ContentType,
    'Content-Disposition': head.ContentDisposition,
    'Content-Encoding': head.ContentEncoding,
    'Content-Language': head.ContentLanguage,
    'Cache-Control': head.CacheControl,
    'x-amz-website-redirect-location': head.WebsiteRedirectLocation,
  };
  return {
    size: head.ContentLength ?? 0,
    modified: head.LastModified,
    etag: head.ETag?.replaceAll('"', '') ?? '',
    type: head.ContentType ?? '',
    storage: head.StorageClass ?? 'STANDARD',
    encryption: head.ServerSideEncryption ?? '',
    checksums: CHECKSUMS.flatMap((name) => {
      const value = head[`Checksum${name}`];
      return value ? [{ name, value, kind: head.ChecksumType ?? '' }] : [];
    }),
    parts,
    system: Object.fromEntries(Object.entries(system).filter((each): each is [string, string] => Boolean(each[1]))),
    user: head.Metadata ?? {},
  };
}

export default function ObjectPage({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const { query } = useRoute();
  const facts = useLoad(() => factsOf(bucket, objectKey), `${bucket}/${objectKey}`, 15);
  const { busy, error, run, clear } = useAction();
  const [sharing, setSharing] = useState(false);
  const found = facts.data;
  const name = nameIn(objectKey);
  const folder = objectKey.slice(0, objectKey.length - name.length);
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={error} onDismiss={clear} />
      <Header
        variant="h1"
        description={
          <>
            {s.owner}: <To path={folderPath(bucket, folder)}>{uriOf(bucket, folder)}</To>
          </>
        }
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!found} onClick={() => setSharing(true)}>
              {t.s3.objects.share}
            </Button>
            <Button
              variant="primary"
              disabled={!found}
              loading={busy}
              onClick={() => void run(() => downloadObject(bucket, objectKey))}
            >
              {t.s3.objects.download}
            </Button>
          </SpaceBetween>
        }
      >
        <span className="wrap">{name}</span>
      </Header>
      <ErrorAlert error={facts.error} />
      {facts.loading && <Spinner />}
      {!found && !facts.loading && <Empty header={s.missing(objectKey)} />}
      {found && (
        <Tabs
          activeTabId={query.get('tab') ?? 'properties'}
          onChange={({ detail }) => navigate(`${objectPath(bucket, objectKey)}&tab=${detail.activeTabId}`, true)}
          tabs={[
            { id: 'properties', label: s.tabs.properties, content: <Overview bucket={bucket} objectKey={objectKey} facts={found} /> },
            { id: 'metadata', label: s.tabs.metadata, content: <Metadata facts={found} /> },
            { id: 'tags', label: s.tabs.tags, content: <Tags bucket={bucket} objectKey={objectKey} /> },
          ]}
        />
      )}
      {sharing && <Share bucket={bucket} objectKey={objectKey} onDismiss={() => setSharing(false)} />}
    </SpaceBetween>
  );
}

function Overview({ bucket, objectKey, facts }: { bucket: string; objectKey: string; facts: Facts }) {
  const copy = (text: string, label: string) => <Copyable text={text} label={label} />;
  return (
    <SpaceBetween size="m">
      <Container header={<Header variant="h2">{s.overview}</Header>}>
        <KeyValuePairs
          columns={2}
          items={[
            { label: s.owner, value: <To path={pathOf('s3', 'buckets', bucket)}>{bucket}</To> },
            { label: s.uri, value: copy(uriOf(bucket, objectKey), s.uri) },
            { label: t.s3.objects.modified, value: when(facts.modified) },
            { label: s.arn, value: copy(`arn:aws:s3:::${bucket}/${objectKey}`, s.arn) },
            { label: t.s3.objects.size, value: bytes(facts.size) },
            { label: s.etag, value: copy(facts.etag, s.etag) },
            { label: s.type, value: facts.type || t.none },
            { label: t.s3.objects.storage, value: facts.storage },
            ...(facts.encryption ? [{ label: s.encryption, value: facts.encryption }] : []),
            ...(facts.parts ? [{ label: s.parts, value: facts.parts }] : []),
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">{s.checksum}</Header>}>
        {facts.checksums.length ? (
          <KeyValuePairs
            columns={2}
            items={facts.checksums.flatMap(({ name, value, kind }) => [
              { label: s.algorithm, value: kind ? `${name} (${kind})` : name },
              { label: s.value, value: copy(value, s.value) },
            ])}
          />
        ) : (
          s.noChecksum
        )}
      </Container>
    </SpaceBetween>
  );
}

function Metadata({ facts }: { facts: Facts }) {
  const pairs = (found: Record<string, string>) =>
    Object.entries(found).map(([label, value]) => ({ label, value: <span className="wrap">{value}</span> }));
  const parts = [
    { title: s.system, found: facts.system },
    { title: s.user, found: Object.fromEntries(Object.entries(facts.user).map(([key, value]) => [`x-amz-meta-${key}`, value])) },
  ];
  return (
    <SpaceBetween size="m">
      {parts.map(({ title, found }) => (
        <Container key={title} header={<Header variant="h2">{title}</Header>}>
          {Object.keys(found).length ? <KeyValuePairs columns={2} items={pairs(found)} /> : s.noMetadata}
        </Container>
      ))}
    </SpaceBetween>
  );
}

function Tags({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const target = { Bucket: bucket, Key: objectKey };
  const fresh = async () => {
    const reply = await (await at(bucket)).send(new GetObjectTaggingCommand(target));
    return reply.TagSet ?? [];
  };
  const loaded = useLoad(fresh, `tags ${bucket}/${objectKey}`);
  return (
    <TagForm
      loaded={loaded}
      fresh={fresh}
      description={s.tagsHint}
      limit={10}
      saved={s.tagsSaved(nameIn(objectKey))}
      save={async ({ kept }) => {
        const client = await at(bucket);
        if (kept.length) await client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: kept } }));
        else await client.send(new DeleteObjectTaggingCommand(target));
      }}
      commands={({ kept }) => [
        kept.length
          ? aws('s3api', 'put-object-tagging', { bucket, key: objectKey, tagging: JSON.stringify({ TagSet: kept }) })
          : aws('s3api', 'delete-object-tagging', { bucket, key: objectKey }),
      ]}
    />
  );
}
