/** The pages of EC2. */
import { lazy } from 'react';
import type { Area, Found } from '../areas';
import { pathOf, type Route } from '../routing';
import { t } from '../strings';

const Instances = lazy(() => import('./instances'));
const Launch = lazy(() => import('./launch'));
const Instance = lazy(() => import('./instance'));
const ModifyRole = lazy(() => import('./modify-role'));
const Connect = lazy(() => import('./connect'));
const KeyPairs = lazy(() => import('./key-pairs'));
const Images = lazy(() => import('./images'));
const InstanceTypes = lazy(() => import('./types'));
const SecurityGroups = lazy(() => import('./security-groups'));
const SecurityGroup = lazy(() => import('./security-groups').then(({ SecurityGroupPage }) => ({ default: SecurityGroupPage })));
const Network = lazy(() => import('./network'));

const s = t.ec2;
const INSTANCES = { text: s.instances.title, path: '/ec2/instances' };
const TYPES = { text: s.types.title, path: '/ec2/types' };
const IMAGES = { text: s.images.title, path: '/ec2/images' };
const KEY_PAIRS = { text: s.keyPairs.title, path: '/ec2/key-pairs' };
const GROUPS = { text: s.groups.title, path: '/ec2/security-groups' };
const NETWORK = { text: s.network.title, path: '/ec2/network' };

function instance(route: Route, id: string, what: string | undefined): Found | undefined {
  const crumbs = [INSTANCES, { text: id, path: pathOf('ec2', 'instances', id) }];
  switch (what) {
    case undefined:
      return { page: <Instance id={id} key={id} />, crumbs };
    case 'iam-role':
      return { page: <ModifyRole id={id} key={id} />, crumbs: [...crumbs, { text: s.role.title, path: route.path }] };
    case 'connect':
      return { page: <Connect id={id} key={id} />, crumbs: [...crumbs, { text: s.connect.title, path: route.path }] };
    default:
      return undefined;
  }
}

function find(route: Route): Found | undefined {
  const [, kind, name, what] = route.parts;
  switch (kind) {
    case 'instances':
      return name ? instance(route, name, what) : { page: <Instances />, crumbs: [INSTANCES] };
    case 'launch':
      return { page: <Launch />, crumbs: [INSTANCES, { text: s.launch.title, path: '/ec2/launch' }] };
    case 'types':
      return { page: <InstanceTypes />, crumbs: [TYPES] };
    case 'images':
      return { page: <Images />, crumbs: [IMAGES] };
    case 'key-pairs':
      return { page: <KeyPairs />, crumbs: [KEY_PAIRS] };
    case 'security-groups':
      if (!name) return { page: <SecurityGroups />, crumbs: [GROUPS] };
      return { page: <SecurityGroup id={name} key={name} />, crumbs: [GROUPS, { text: name, path: route.path }] };
    case 'network':
      return { page: <Network />, crumbs: [NETWORK] };
    default:
      return undefined;
  }
}

export const ec2: Area = {
  id: 'ec2',
  name: 'EC2',
  title: t.services.ec2,
  pages: [INSTANCES, TYPES, IMAGES, KEY_PAIRS, GROUPS, NETWORK],
  find,
};
