/** S3 as the pages use it. */
import { ListBucketsCommand, ListObjectsV2Command, S3Client, type _Object } from '@aws-sdk/client-s3';
import { perSession } from '../clients';

export const s3 = perSession(
  (given) =>
    new S3Client({
      ...given,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
);

export async function listBuckets() {
  const reply = await s3().send(new ListBucketsCommand({}));
  return reply.Buckets ?? [];
}

export interface Entry {
  key: string;
  name: string;
  folder: boolean;
  size: number;
  modified: Date | undefined;
}

/** What is in a bucket below a prefix, up to the next slash. */
export async function listEntries(bucket: string, prefix: string): Promise<Entry[]> {
  const found: Entry[] = [];
  let token: string | undefined;
  do {
    const page = await s3().send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
    );
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      const key = Prefix ?? '';
      found.push({ key, name: key.slice(prefix.length), folder: true, size: 0, modified: undefined });
    }
    for (const each of page.Contents ?? ([] as _Object[])) {
      const key = each.Key ?? '';
      found.push({ key, name: key.slice(prefix.length), folder: false, size: each.Size ?? 0, modified: each.LastModified });
    }
    token = page.NextContinuationToken;
  } while (token);
  return found;
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
