/** Whether the server answers. Once it did not, it is asked every few seconds until it does; then every page loads anew. */
import { useSyncExternalStore } from 'react';

const EVERY = 2000;
const listeners = new Set<() => void>();
let lost = false;
let returns = 0;

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function isNoAnswer(error: unknown): boolean {
  if (error instanceof TypeError) return /fetch|network|load failed/i.test(error.message);
  return error instanceof Error && error.name === 'NetworkError';
}

/** Say that a call got no answer. */
export function noAnswer(): void {
  if (lost) return;
  lost = true;
  tell();
  setTimeout(() => void ask(), EVERY);
}

async function ask(): Promise<void> {
  const reply = await fetch('/_/health', { cache: 'no-store', credentials: 'omit' }).catch(() => undefined);
  if (!reply?.ok) {
    setTimeout(() => void ask(), EVERY);
    return;
  }
  lost = false;
  returns += 1;
  tell();
}

export function useLost(): boolean {
  return useSyncExternalStore(subscribe, () => lost);
}

/** How often the server came back: what was loaded before is loaded again when this changes. */
export function useReturns(): number {
  return useSyncExternalStore(subscribe, () => returns);
}
