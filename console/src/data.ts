/** Loading what a page shows, and again when it is asked for or time has passed; what is on the screen stays until then. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { isDenied, isSessionOver } from './errors';
import { isNoAnswer, noAnswer, useReturns } from './reach';
import { expire, useSession } from './session';
import { SignInError } from './sign-in';

function noteFailure(error: unknown): void {
  if (isSessionOver(error) && !(error instanceof SignInError)) expire();
  else if (isNoAnswer(error)) noAnswer();
}

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
}

export function useLoad<T>(load: () => Promise<T>, key: string, everySeconds = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown; loading: boolean }>({
    key,
    loading: true,
  });
  const latest = useRef(load);
  latest.current = load;
  const credentials = useSession()?.credentials.accessKeyId;
  const returns = useReturns();
  const turn = useRef(0);
  const text = useRef('');
  const refused = useRef(false);

  const reload = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const data = await latest.current();
      if (mine !== turn.current) return;
      refused.current = false;
      const seen = JSON.stringify(data);
      const same = seen === text.current;
      text.current = seen;
      setState((old) => (same && old.key === key && !old.error && !old.loading ? old : { key, data, loading: false }));
    } catch (error) {
      if (mine !== turn.current) return;
      noteFailure(error);
      refused.current = isDenied(error);
      setState((old) => ({ ...(old.key === key ? old : {}), key, error, loading: false }));
    }
  }, [key]);

  useEffect(() => {
    setState((old) => (old.key === key ? old : { key, loading: true }));
    text.current = '';
    void reload();
    if (!everySeconds) return;
    const timer = setInterval(() => {
      if (!document.hidden && !refused.current) void reload();
    }, everySeconds * 1000);
    return () => clearInterval(timer);
  }, [reload, key, everySeconds]);

  // somebody signed in again, or the server came back: what is shown stays, and is loaded again
  const seenOf = `${credentials} ${returns}`;
  const loadedFor = useRef(seenOf);
  useEffect(() => {
    if (loadedFor.current === seenOf) return;
    loadedFor.current = seenOf;
    void reload();
  }, [seenOf, reload]);

  useEffect(
    () => () => {
      turn.current++;
    },
    [],
  );
  const current = state.key === key ? state : { loading: true, data: undefined, error: undefined };
  return { data: current.data, error: current.error, loading: current.loading, reload };
}

/** Run a change, keeping whether it is under way and what went wrong. */
export function useAction(): {
  busy: boolean;
  error: unknown;
  run: (job: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = useCallback(async (job: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await job();
      return true;
    } catch (problem) {
      noteFailure(problem);
      setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(undefined), []);
  return { busy, error, run, clear };
}

/** Every item of a listing that comes in pages. */
export async function all<Item>(
  page: (token: string | undefined) => Promise<{ items: Item[] | undefined; next: string | undefined }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await page(token);
    found.push(...(items ?? []));
    token = next;
  } while (token);
  return found;
}
