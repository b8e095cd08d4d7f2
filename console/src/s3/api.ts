/** S3 as the pages use it. */
import {
  type _Object,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { perSession } from '../clients';
import { session } from '../session';
import { t } from '../strings';

const HOME = 'us-east-1';

const perRegion = perSession((given) => {
  const clients = new Map<string, S3Client>();
  return (region: string) => {
    const found =
      clients.get(region) ??
      new S3Client({ ...given, region, forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
    clients.set(region, found);
    return found;
  };
});

/** The client of a region: the one that one works in, where no bucket is named. */
export function s3(region: string = session().region): S3Client {
  return perRegion()(region);
}

const regions = new Map<string, string>();

/** Where a bucket is; the region that one works in where the caller may not know. */
export async function regionOf(bucket: string): Promise<string> {
  const known = regions.get(bucket);
  if (known) return known;
  try {
    const reply = await s3().send(new GetBucketLocationCommand({ Bucket: bucket }));
    const region = reply.LocationConstraint || HOME;
    regions.set(bucket, region);
    return region;
  } catch {
    return session().region;
  }
}

/** A bucket that was made or deleted may be somewhere else from now on. */
export function forgetRegion(bucket: string): void {
  regions.delete(bucket);
}

/** The client of the region that a bucket is in. */
export async function at(bucket: string): Promise<S3Client> {
  return s3(await regionOf(bucket));
}

export async function listBuckets() {
  const reply = await s3().send(new ListBucketsCommand({ MaxBuckets: 1000 }));
  for (const { Name, BucketRegion } of reply.Buckets ?? []) if (Name && BucketRegion) regions.set(Name, BucketRegion);
  const found = reply.Buckets ?? [];
  let token = reply.ContinuationToken;
  while (token) {
    const page = await s3().send(new ListBucketsCommand({ MaxBuckets: 1000, ContinuationToken: token }));
    found.push(...(page.Buckets ?? []));
    token = page.ContinuationToken;
  }
  return found;
}

export interface Entry {
  key: string;
  name: string;
  folder: boolean;
  size: number;
  storage: string;
  modified: Date | undefined;
}

export interface Listing {
  entries: Entry[];
  more: boolean;
}

/** What is in a bucket below a folder, up to the next slash, and no more than `limit` names of it. */
export async function listEntries(bucket: string, folder: string, begins: string, limit: number): Promise<Listing> {
  const client = await at(bucket);
  const entries: Entry[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: folder + begins, Delimiter: '/', ContinuationToken: token }),
    );
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const key = Prefix ?? '';
      entries.push({ key, name: key.slice(folder.length), folder: true, size: 0, storage: '', modified: undefined });
    }
    for (const each of page.Contents ?? ([] as _Object[])) {
      const key = each.Key ?? '';
      if (key === folder) continue; // the folder itself
      entries.push({
        key,
        name: key.slice(folder.length),
        folder: false,
        size: each.Size ?? 0,
        storage: each.StorageClass ?? '',
        modified: each.LastModified,
      });
    }
    token = page.NextContinuationToken;
  } while (token && entries.length < limit);
  return { entries, more: Boolean(token) };
}

/** Delete these keys and everything below these folders; `told` hears how many are gone. Throws if some could not be. */
export async function deleteAll(bucket: string, keys: string[], told: (count: number) => void): Promise<number> {
  const client = await at(bucket);
  let done = 0;
  let failed = 0;
  let first = '';
  const remove = async (batch: string[]) => {
    if (!batch.length) return;
    const reply = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Quiet: true, Objects: batch.map((Key) => ({ Key })) } }),
    );
    const errors = reply.Errors ?? [];
    const problem = errors[0];
    if (problem && !first) first = `${problem.Key}: ${problem.Code}: ${problem.Message}`;
    failed += errors.length;
    done += batch.length - errors.length;
    told(done);
  };
  const plain = keys.filter((key) => key && !key.endsWith('/'));
  for (let start = 0; start < plain.length; start += 1000) await remove(plain.slice(start, start + 1000));
  for (const folder of keys.filter((key) => !key || key.endsWith('/'))) {
    let token: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, ContinuationToken: token }));
      await remove((page.Contents ?? []).map(({ Key }) => Key ?? ''));
      token = page.NextContinuationToken;
    } while (token);
  }
  if (failed) throw Object.assign(new Error(t.s3.objects.partly(done, failed, first)), { name: 'DeleteObjects' });
  return done;
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
}

/** The last part of a key: its name in its folder. */
export function nameIn(key: string): string {
  return key.split('/').filter(Boolean).pop() ?? key;
}

export const uriOf = (bucket: string, key: string): string => `s3://${bucket}/${key}`;

/** The source of a copy, as a header may hold it. */
export const sourceOf = (bucket: string, key: string): string => `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
