/** One bucket: what is in it, what it is, and whom it lets in. */
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { lazy, Suspense } from 'react';
import Spinner from '@cloudscape-design/components/spinner';
import { navigate, pathOf, useRoute } from '../routing';
import { t } from '../strings';
import { Objects } from './objects';
import { Properties } from './properties';
import './s3.css';

const Permissions = lazy(() => import('./permissions'));
const s = t.s3.bucket;

export default function Bucket({ name }: { name: string }) {
  const { query } = useRoute();
  const place = pathOf('s3', 'buckets', name);
  return (
    <SpaceBetween size="m">
      <Header variant="h1">{name}</Header>
      <Tabs
        activeTabId={query.get('tab') ?? 'objects'}
        onChange={({ detail }) =>
          navigate(detail.activeTabId === 'objects' ? place : `${place}?tab=${detail.activeTabId}`, true)
        }
        tabs={[
          {
            id: 'objects',
            label: s.tabs.objects,
            content: <Objects bucket={name} folder={query.get('prefix') ?? ''} key={query.get('prefix') ?? ''} />,
          },
          { id: 'properties', label: s.tabs.properties, content: <Properties bucket={name} /> },
          {
            id: 'permissions',
            label: s.tabs.permissions,
            content: (
              <Suspense fallback={<Spinner />}>
                <Permissions bucket={name} />
              </Suspense>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}
