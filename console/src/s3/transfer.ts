/** Send one file: whole, or in parts where it is large, so that what is lost with a connection is one part. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Crc32 } from '@smithy/core/checksum';
import { explain } from '../errors';
import { session } from '../session';
import { t } from '../strings';
import { at } from './api';

const PART = 8 * 1024 * 1024;
const STRETCH = 1024 * 1024;
const PARTS_AT_MOST = 10_000;
const AT_ONCE = 2;
/** Seconds to wait before a request that got no answer is made again: a server that restarts is back by then. */
const PAUSES = [1, 2, 4, 8, 15];

interface Job {
  bucket: string;
  key: string;
  file: File;
  signal: AbortSignal;
  onProgress: (sent: number) => void;
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Whether a request may be made again: it got no answer, or one that says to come back later. */
function isPassing(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return explain(error).code === t.errors.noAnswer || (status !== undefined && status >= 500);
}

async function persistently<Reply>(signal: AbortSignal, request: () => Promise<Reply>): Promise<Reply> {
  for (const seconds of PAUSES) {
    try {
      return await request();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await pause(seconds);
      signal.throwIfAborted();
    }
  }
  return request();
}

/**
 * A part and its checksum. The browser sends the part straight from the file: it is read here a little at a time, so that the
 * page stays alive beside it.
 */
async function checked(blob: Blob): Promise<{ Body: Blob; ChecksumCRC32: string }> {
  const sum = new Crc32();
  for (let start = 0; start < blob.size; start += STRETCH) {
    sum.update(new Uint8Array(await blob.slice(start, start + STRETCH).arrayBuffer()));
  }
  return { Body: blob, ChecksumCRC32: btoa(String.fromCharCode(...(await sum.digest()))) };
}

/** Throws what went wrong, or the signal's reason; nothing of an upload that did not succeed stays behind. */
export async function transfer(job: Job): Promise<void> {
  const { bucket, key, file, signal, onProgress } = job;
  const client = await at(bucket);
  signal.throwIfAborted();
  const target = { Bucket: bucket, Key: key };
  const kind = file.type ? { ContentType: file.type } : {};
  if (file.size <= PART) {
    const content = await checked(file);
    await persistently(signal, () =>
      client.send(new PutObjectCommand({ ...target, ...kind, ...content }), { abortSignal: signal }),
    );
    onProgress(file.size);
    return;
  }
  const begun = await persistently(signal, () =>
    client.send(new CreateMultipartUploadCommand({ ...target, ...kind, ChecksumAlgorithm: 'CRC32' }), { abortSignal: signal }),
  );
  const upload = { ...target, UploadId: begun.UploadId };
  try {
    const Parts = await sendParts(client, upload, job);
    await persistently(signal, () =>
      client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }), { abortSignal: signal }),
    );
  } catch (error) {
    // what went wrong is what matters; parts that could not be taken away are listed with the bucket's properties
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  { file, signal, onProgress }: Job,
): Promise<CompletedPart[]> {
  const size = Math.max(PART, Math.ceil(file.size / PARTS_AT_MOST));
  const total = Math.ceil(file.size / size);
  const parts: CompletedPart[] = [];
  let next = 0;
  let sent = 0;
  const work = async () => {
    while (next < total) {
      session(); // nothing more is sent for whoever has signed out
      const index = next++;
      const content = await checked(file.slice(index * size, (index + 1) * size));
      const PartNumber = index + 1;
      const reply = await persistently(signal, () =>
        client.send(new UploadPartCommand({ ...upload, PartNumber, ...content }), { abortSignal: signal }),
      );
      parts[index] = { PartNumber, ETag: reply.ETag, ChecksumCRC32: content.ChecksumCRC32 };
      sent += content.Body.size;
      onProgress(sent);
    }
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, total) }, work);
  try {
    await Promise.all(workers);
  } finally {
    next = total; // the others finish what they have begun, and then stop
    await Promise.allSettled(workers);
  }
  return parts;
}
