/** The pages of activity: what was called, and why it was allowed or denied. */
import type { Area } from '../areas';
import { t } from '../strings';

export const activity: Area = { id: 'activity', name: t.activity.title, title: t.services.activity, pages: [], find: () => undefined };
