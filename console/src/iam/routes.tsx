/** The pages of IAM. */
import { lazy } from 'react';
import type { Area, Crumb, Found } from '../areas';
import { pathOf, type Route } from '../routing';
import { t } from '../strings';
import type { Identity } from './identity';

const Roles = lazy(() => import('./roles'));
const CreateRole = lazy(() => import('./create-role'));
const Role = lazy(() => import('./role'));
const Policies = lazy(() => import('./policies'));
const Policy = lazy(() => import('./policy'));
const CreatePolicy = lazy(() => import('./create-policy'));
const EditPolicy = lazy(() => import('./edit-policy'));
const InlinePolicy = lazy(() => import('./inline-policy'));
const Dashboard = lazy(() => import('./dashboard'));
const Simulator = lazy(() => import('./simulator'));
const Providers = lazy(() => import('./providers'));
const ProviderPage = lazy(() => import('./provider'));
const Users = lazy(() => import('./users'));
const User = lazy(() => import('./user'));
const CreateUser = lazy(() => import('./create-user'));
const Group = lazy(() => import('./group'));
const CreateGroup = lazy(() => import('./create-group'));
const Groups = lazy(() => import('./groups'));

const s = t.iam;
const ROLES = { text: s.roles.title, path: '/iam/roles' };
const POLICIES = { text: s.policies.title, path: '/iam/policies' };
const USERS = { text: s.users.title, path: '/iam/users' };
const GROUPS = { text: s.groups.title, path: '/iam/groups' };

const PROVIDERS = { text: s.providers.title, path: '/iam/providers' };
const SIMULATOR = { text: s.simulator.title, path: '/iam/simulator' };
const DASHBOARD = { text: s.dashboard.title, path: '/iam/dashboard' };

const policyPath = (arn: string) => `/iam/policies?arn=${encodeURIComponent(arn)}`;

function inline(identity: Identity, crumbs: Crumb[], route: Route): Found {
  const one = { text: identity.name, path: pathOf('iam', `${identity.kind}s`, identity.name) };
  const policy = route.query.get('policy') ?? s.inline.title;
  return { page: <InlinePolicy identity={identity} />, crumbs: [...crumbs, one, { text: policy, path: route.path }] };
}

function find(route: Route): Found | undefined {
  const [, kind, name, what] = route.parts;
  switch (kind) {
    case 'roles':
      if (!name) return { page: <Roles />, crumbs: [ROLES] };
      if (name === 'create' && !what)
        return { page: <CreateRole />, crumbs: [ROLES, { text: s.create.title, path: route.path }] };
      if (what === 'inline-policy') return inline({ kind: 'role', name }, [ROLES], route);
      return { page: <Role name={name} key={name} />, crumbs: [ROLES, { text: name, path: route.path }] };
    case 'policies': {
      const arn = route.query.get('arn');
      if (name === 'create') return { page: <CreatePolicy />, crumbs: [POLICIES, { text: s.policies.create, path: route.path }] };
      if (!arn) return { page: <Policies />, crumbs: [POLICIES] };
      const text = arn.split('/').pop() ?? arn;
      const one = { text, path: policyPath(arn) };
      if (name === 'edit') return { page: <EditPolicy arn={arn} key={arn} />, crumbs: [POLICIES, one, { text: t.edit, path: route.path }] };
      return { page: <Policy arn={arn} key={arn} />, crumbs: [POLICIES, one] };
    }
    case 'users':
      if (!name) return { page: <Users />, crumbs: [USERS] };
      if (name === 'create' && !what) return { page: <CreateUser />, crumbs: [USERS, { text: s.users.create, path: route.path }] };
      if (what === 'inline-policy') return inline({ kind: 'user', name }, [USERS], route);
      return { page: <User name={name} key={name} />, crumbs: [USERS, { text: name, path: route.path }] };
    case 'groups':
      if (!name) return { page: <Groups />, crumbs: [GROUPS] };
      if (name === 'create' && !what) return { page: <CreateGroup />, crumbs: [GROUPS, { text: s.groups.create, path: route.path }] };
      if (what === 'inline-policy') return inline({ kind: 'group', name }, [GROUPS], route);
      return { page: <Group name={name} key={name} />, crumbs: [GROUPS, { text: name, path: route.path }] };
    case undefined:
    case 'dashboard':
      return { page: <Dashboard />, crumbs: [DASHBOARD] };
    case 'simulator':
      return { page: <Simulator />, crumbs: [SIMULATOR] };
    case 'providers': {
      const arn = route.query.get('arn');
      if (!arn) return { page: <Providers />, crumbs: [PROVIDERS] };
      return { page: <ProviderPage arn={arn} key={arn} />, crumbs: [PROVIDERS, { text: arn.split('-provider/')[1] ?? arn, path: `/iam/providers?arn=${encodeURIComponent(arn)}` }] };
    }
    default:
      return undefined;
  }
}

export const iam: Area = {
  id: 'iam',
  name: 'IAM',
  title: t.services.iam,
  pages: [DASHBOARD, GROUPS, USERS, ROLES, POLICIES, PROVIDERS, SIMULATOR],
  find,
};
