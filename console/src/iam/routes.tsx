/** The pages of IAM. */
import { lazy } from 'react';
import type { Area, Found } from '../areas';
import type { Route } from '../routing';
import { t } from '../strings';

const Roles = lazy(() => import('./roles'));
const CreateRole = lazy(() => import('./create-role'));
const Role = lazy(() => import('./role'));
const Policies = lazy(() => import('./policies'));
const Policy = lazy(() => import('./policy'));
const Users = lazy(() => import('./users'));
const Groups = lazy(() => import('./groups'));

const s = t.iam;
const ROLES = { text: s.roles.title, path: '/iam/roles' };
const POLICIES = { text: s.policies.title, path: '/iam/policies' };
const USERS = { text: s.users.title, path: '/iam/users' };
const GROUPS = { text: s.groups.title, path: '/iam/groups' };

function find(route: Route): Found | undefined {
  const [, kind, name, what] = route.parts;
  switch (kind) {
    case 'roles':
      if (!name) return { page: <Roles />, crumbs: [ROLES] };
      if (name === 'create' && !what)
        return { page: <CreateRole />, crumbs: [ROLES, { text: s.create.title, path: route.path }] };
      return { page: <Role name={name} key={name} />, crumbs: [ROLES, { text: name, path: route.path }] };
    case 'policies': {
      const arn = route.query.get('arn');
      if (!arn) return { page: <Policies />, crumbs: [POLICIES] };
      const text = arn.split('/').pop() ?? arn;
      return { page: <Policy arn={arn} key={arn} />, crumbs: [POLICIES, { text, path: route.path }] };
    }
    case 'users':
      return { page: <Users />, crumbs: [USERS] };
    case 'groups':
      return { page: <Groups />, crumbs: [GROUPS] };
    default:
      return undefined;
  }
}

export const iam: Area = {
  id: 'iam',
  name: 'IAM',
  title: t.services.iam,
  pages: [ROLES, POLICIES, USERS, GROUPS],
  find,
};
