/** The pages of activity: what was called, and why it was allowed or denied. */
import { lazy } from 'react';
import type { Area } from '../areas';
import { t } from '../strings';

const History = lazy(() => import('./history'));
const EventPage = lazy(() => import('./event'));

const HISTORY = { text: t.activity.history.title, path: '/activity/events' };

export const activity: Area = {
  id: 'activity',
  name: t.activity.title,
  title: t.activity.title,
  pages: [HISTORY],
  find: ({ parts: [, kind, id], path }) => {
    if (kind !== 'events') return undefined;
    if (!id) return { page: <History />, crumbs: [HISTORY] };
    return { page: <EventPage id={id} key={id} />, crumbs: [HISTORY, { text: t.activity.event.title, path }] };
  },
};
