/** Addresses below /_/console/, and links that change them without loading the page anew. */
import Link, { type LinkProps } from '@cloudscape-design/components/link';
import { type ReactNode, useSyncExternalStore } from 'react';

export const BASE = '/_/console';

const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

window.addEventListener('popstate', tell);

/** Go to a path of the console, such as `/iam/roles`. */
export function navigate(path: string, replace = false): void {
  const target = BASE + path;
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  window.scrollTo(0, 0);
  tell();
}

export function href(path: string): string {
  return BASE + path;
}

/** A path made of parts that may hold anything. */
export function pathOf(...parts: string[]): string {
  return '/' + parts.map(encodeURIComponent).join('/');
}

export interface Route {
  path: string;
  parts: string[];
  query: URLSearchParams;
}

function snapshot(): string {
  return location.pathname + location.search;
}

export function useRoute(): Route {
  const text = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, snapshot);
  const url = new URL(text, location.origin);
  const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) || '/' : '/';
  const parts = path.split('/').filter(Boolean).map(decoded);
  return { path, parts, query: url.searchParams };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface Followed {
  preventDefault(): void;
  detail: { href?: string | undefined; external?: boolean | undefined };
}

/** For the `onFollow` of Cloudscape's components: our own addresses stay on this page. */
export function follow(event: Followed): void {
  const target = event.detail.href;
  if (target?.startsWith(BASE) && !event.detail.external) {
    event.preventDefault();
    navigate(target.slice(BASE.length) || '/');
  }
}

interface ToProps extends Omit<LinkProps, 'href' | 'onFollow'> {
  path: string;
  children: ReactNode;
}

/** A link to a path of the console. */
export function To({ path, ...rest }: ToProps) {
  return <Link {...rest} href={href(path)} onFollow={follow} />;
}
