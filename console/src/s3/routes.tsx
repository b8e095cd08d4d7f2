/** The pages of S3. */
import { lazy } from 'react';
import type { Area, Found } from '../areas';
import { pathOf, type Route } from '../routing';
import { t } from '../strings';

const Buckets = lazy(() => import('./buckets'));
const Bucket = lazy(() => import('./bucket'));

const BUCKETS = { text: t.s3.buckets.title, path: '/s3/buckets' };

function find(route: Route): Found | undefined {
  const [, kind, name] = route.parts;
  if (kind !== 'buckets') return undefined;
  if (!name) return { page: <Buckets />, crumbs: [BUCKETS] };
  return { page: <Bucket name={name} key={name} />, crumbs: [BUCKETS, { text: name, path: pathOf('s3', 'buckets', name) }] };
}

export const s3: Area = { id: 's3', name: 'S3', title: t.services.s3, pages: [BUCKETS], find };
