/** Uploads: they go on while one looks at other pages of the console, a few files at a time, large ones in parts. */
import { useSyncExternalStore } from 'react';
import { transfer } from './transfer';

export type UploadState = 'waiting' | 'sending' | 'done' | 'failed' | 'canceled';

export interface Sending {
  id: number;
  bucket: string;
  key: string;
  file: File;
  sent: number;
  state: UploadState;
  error?: unknown;
}

const AT_A_TIME = 2;

let sendings: readonly Sending[] = [];
const running = new Map<number, AbortController>();
const listeners = new Set<() => void>();
let count = 0;

function tell(next: readonly Sending[]): void {
  sendings = next;
  for (const listener of listeners) listener();
}

function change(id: number, changes: Partial<Sending>): void {
  tell(sendings.map((each) => (each.id === id ? { ...each, ...changes } : each)));
}

const isActive = ({ state }: Sending): boolean => state === 'waiting' || state === 'sending';

window.addEventListener('beforeunload', (event) => {
  if (sendings.some(isActive)) event.preventDefault();
});

async function send({ id, bucket, key, file }: Sending): Promise<void> {
  change(id, { state: 'sending', sent: 0, error: undefined });
  const controller = new AbortController();
  running.set(id, controller);
  try {
    await transfer({ bucket, key, file, signal: controller.signal, onProgress: (sent) => change(id, { sent }) });
    change(id, { state: 'done', sent: file.size });
  } catch (error) {
    if (running.get(id) !== controller) return; // it was begun anew meanwhile
    change(id, controller.signal.aborted ? { state: 'canceled' } : { state: 'failed', error });
  } finally {
    if (running.get(id) === controller) running.delete(id);
    next();
  }
}

function next(): void {
  const free = AT_A_TIME - sendings.filter(({ state }) => state === 'sending').length;
  for (const each of sendings.filter(({ state }) => state === 'waiting').slice(0, free)) void send(each);
}

/** Put files under a prefix, each under its path in what was chosen or dropped. */
export function upload(bucket: string, prefix: string, files: { path: string; file: File }[]): void {
  const added = files.map(({ path, file }) => ({
    id: ++count,
    bucket,
    key: prefix + path,
    file,
    sent: 0,
    state: 'waiting' as const,
  }));
  tell([...sendings, ...added]);
  next();
}

export function cancel(id: number): void {
  change(id, { state: 'canceled' });
  running.get(id)?.abort();
}

export function cancelAll(): void {
  for (const each of sendings.filter(isActive)) cancel(each.id);
}

export function retry(id: number): void {
  change(id, { state: 'waiting', sent: 0, error: undefined });
  next();
}

export function clearFinished(): void {
  tell(sendings.filter(isActive));
}

export function useUploads(bucket: string): Sending[] {
  const found = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => sendings,
  );
  return found.filter((each) => each.bucket === bucket);
}

/** The files of a drop, those in folders under the folders' names. */
export async function dropped(transfer: DataTransfer): Promise<{ path: string; file: File }[]> {
  const found: { path: string; file: File }[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of transfer.items) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) found.push({ path: file.name, file });
  }
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ''), file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (!batch.length) return;
      for (const each of batch) await walk(each);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}
