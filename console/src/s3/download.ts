/** Downloads, and links for people without credentials: both are presigned requests. */
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { at, nameIn } from './api';

/** As a header names a file, whatever its name holds: RFC 6266. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const coded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${coded}`;
}

/** A link that answers an object as a file to keep, never as a page. `seconds` is how long it is good for. */
export async function linkTo(bucket: string, key: string, seconds: number): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentDisposition: attachment(nameIn(key)),
  });
  return getSignedUrl(await at(bucket), command, { expiresIn: seconds });
}

/** Have the browser download an object as it arrives, however large it is. What is wrong is thrown before that begins. */
export async function downloadObject(bucket: string, key: string): Promise<void> {
  const client = await at(bucket);
  // a reply to HEAD has no body: only GET says what is wrong
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  } catch {
    await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: 'bytes=0-0' }));
  }
  const link = document.createElement('a');
  link.href = await linkTo(bucket, key, 60);
  link.download = nameIn(key);
  link.click();
}
