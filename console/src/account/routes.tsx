/** The pages of one's own: they stand in the menu of whoever is signed in. */
import { lazy } from 'react';
import type { Area, Found } from '../areas';
import type { Route } from '../routing';
import { t } from '../strings';

const Credentials = lazy(() => import('./credentials'));
const Settings = lazy(() => import('./settings'));
const SwitchRole = lazy(() => import('./switch-role'));

const CREDENTIALS = { text: t.credentials.title, path: '/account/security-credentials' };
const SETTINGS = { text: t.settings.title, path: '/account/settings' };
const SWITCH = { text: t.roles.title, path: '/switchrole' };

function find(route: Route): Found | undefined {
  if (route.parts[0] === 'switchrole') return { page: <SwitchRole key={route.query.toString()} query={route.query} />, crumbs: [SWITCH] };
  switch (route.parts[1]) {
    case 'security-credentials':
      return { page: <Credentials />, crumbs: [CREDENTIALS] };
    case 'settings':
      return { page: <Settings />, crumbs: [SETTINGS] };
    default:
      return undefined;
  }
}

export const account: Area = {
  id: 'account',
  name: t.user.account,
  title: t.user.account,
  pages: [CREDENTIALS, SETTINGS, SWITCH],
  find,
};
