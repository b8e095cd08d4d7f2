/** The pages of EC2. */
import { lazy } from 'react';
import type { Area, Found } from '../areas';
import { pathOf, type Route } from '../routing';
import { t } from '../strings';

const Instances = lazy(() => import('./instances'));
const Launch = lazy(() => import('./launch'));
const Instance = lazy(() => import('./instance'));
const ModifyRole = lazy(() => import('./modify-role'));
const KeyPairs = lazy(() => import('./key-pairs'));

const s = t.ec2;
const INSTANCES = { text: s.instances.title, path: '/ec2/instances' };
const KEY_PAIRS = { text: s.keyPairs.title, path: '/ec2/key-pairs' };

function find(route: Route): Found | undefined {
  const [, kind, name, what] = route.parts;
  switch (kind) {
    case 'instances': {
      if (!name) return { page: <Instances />, crumbs: [INSTANCES] };
      const crumbs = [INSTANCES, { text: name, path: pathOf('ec2', 'instances', name) }];
      if (what === 'iam-role')
        return { page: <ModifyRole id={name} key={name} />, crumbs: [...crumbs, { text: s.role.title, path: route.path }] };
      return { page: <Instance id={name} key={name} />, crumbs };
    }
    case 'launch':
      return { page: <Launch />, crumbs: [INSTANCES, { text: s.launch.title, path: '/ec2/launch' }] };
    case 'key-pairs':
      return { page: <KeyPairs />, crumbs: [KEY_PAIRS] };
    default:
      return undefined;
  }
}

export const ec2: Area = { id: 'ec2', name: 'EC2', title: t.services.ec2, pages: [INSTANCES, KEY_PAIRS], find };
