/** What a bucket is: where, since when, its tags, and the uploads to it that were never finished. */
import {
  AbortMultipartUploadCommand,
  DeleteBucketTaggingCommand,
  GetBucketTaggingCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  PutBucketTaggingCommand,
} from '@aws-sdk/client-s3';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { isCode } from '../errors';
import { Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { at, listBuckets, regionOf } from './api';

const s = t.s3.bucket;

export function Properties({ bucket }: { bucket: string }) {
  const facts = useLoad(async () => {
    const [region, created] = await Promise.all([
      regionOf(bucket),
      listBuckets()
        .then((found) => found.find(({ Name }) => Name === bucket)?.CreationDate)
        .catch(() => undefined), // whoever may not list the buckets still sees the rest
    ]);
    return { region, created };
  }, `facts ${bucket}`);
  const arn = `arn:aws:s3:::${bucket}`;
  return (
    <SpaceBetween size="m">
      <Container header={<Header variant="h2">{s.overview}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.region, value: facts.data?.region ?? t.loading },
            { label: s.arn, value: <Copyable text={arn} label={s.arn} /> },
            { label: s.created, value: when(facts.data?.created) },
          ]}
        />
      </Container>
      <Tags bucket={bucket} />
      <Unfinished bucket={bucket} />
    </SpaceBetween>
  );
}

function Tags({ bucket }: { bucket: string }) {
  const fresh = async () => {
    try {
      const reply = await (await at(bucket)).send(new GetBucketTaggingCommand({ Bucket: bucket }));
      return reply.TagSet ?? [];
    } catch (error) {
      if (isCode(error, 'NoSuchTagSet')) return [];
      throw error;
    }
  };
  const loaded = useLoad(fresh, `tags ${bucket}`);
  return (
    <TagForm
      loaded={loaded}
      fresh={fresh}
      description={s.tagsHint}
      limit={50}
      saved={s.tagsSaved(bucket)}
      save={async ({ kept }) => {
        const client = await at(bucket);
        if (kept.length) await client.send(new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet: kept } }));
        else await client.send(new DeleteBucketTaggingCommand({ Bucket: bucket }));
      }}
      commands={({ kept }) => [
        kept.length
          ? aws('s3api', 'put-bucket-tagging', { bucket, tagging: JSON.stringify({ TagSet: kept }) })
          : aws('s3api', 'delete-bucket-tagging', { bucket }),
      ]}
    />
  );
}

function Unfinished({ bucket }: { bucket: string }) {
  const loaded = useLoad(async () => {
    const reply = await (await at(bucket)).send(new ListMultipartUploadsCommand({ Bucket: bucket, MaxUploads: 100 }));
    return reply.Uploads ?? [];
  }, `uploads ${bucket}`);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const abort = ({ Key, UploadId }: MultipartUpload) =>
    run(async () => {
      await (await at(bucket)).send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      push('success', s.aborted(Key ?? ''));
      await loaded.reload();
    });
  return (
    <SpaceBetween size="s">
      <ErrorAlert error={error ?? loaded.error} />
      <Table
        items={loaded.data ?? []}
        loading={loaded.loading}
        loadingText={t.loading}
        header={
          <Header variant="h2" description={s.uploadsHint}>
            {s.uploads}
          </Header>
        }
        ariaLabels={{ tableLabel: s.uploads }}
        empty={<Empty header={s.noUploads} />}
        columnDefinitions={[
          { id: 'key', header: t.s3.objects.key, cell: (each) => each.Key, isRowHeader: true },
          { id: 'begun', header: s.begun, cell: (each) => when(each.Initiated) },
          {
            id: 'abort',
            header: s.abort,
            cell: (each) => (
              <Button variant="inline-link" disabled={busy} onClick={() => void abort(each)} ariaLabel={`${s.abort} ${each.Key}`}>
                {s.abort}
              </Button>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}
