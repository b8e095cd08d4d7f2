/** The pages of S3. */
import { lazy } from 'react';
import type { Area, Crumb, Found } from '../areas';
import { pathOf, type Route } from '../routing';
import { t } from '../strings';

const Buckets = lazy(() => import('./buckets'));
const Bucket = lazy(() => import('./bucket'));
const ObjectPage = lazy(() => import('./object'));

const BUCKETS = { text: t.s3.buckets.title, path: '/s3/buckets' };

/** A crumb for each folder on the way to a key. */
function foldersOf(bucket: string, key: string): Crumb[] {
  const folders = key.split('/').slice(0, -1);
  return folders.map((text, index) => ({
    text: text || '/',
    path: `${pathOf('s3', 'buckets', bucket)}?prefix=${encodeURIComponent(`${folders.slice(0, index + 1).join('/')}/`)}`,
  }));
}

function find(route: Route): Found | undefined {
  const [, kind, name, what] = route.parts;
  if (kind !== 'buckets') return undefined;
  if (!name) return { page: <Buckets />, crumbs: [BUCKETS] };
  const crumbs = [BUCKETS, { text: name, path: pathOf('s3', 'buckets', name) }];
  const folder = route.query.get('prefix') ?? '';
  if (!what) return { page: <Bucket name={name} key={name} />, crumbs: [...crumbs, ...foldersOf(name, folder)] };
  const key = route.query.get('key');
  if (what !== 'object' || !key) return undefined;
  return {
    page: <ObjectPage bucket={name} objectKey={key} key={key} />,
    crumbs: [...crumbs, ...foldersOf(name, key), { text: key.split('/').pop() || key, path: `${route.path}?key=${encodeURIComponent(key)}` }],
  };
}

export const s3: Area = { id: 's3', name: 'S3', title: t.services.s3, pages: [BUCKETS], find };
