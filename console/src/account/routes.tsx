/** The pages of one's own: they stand in the menu of whoever is signed in. */
import type { Area } from '../areas';
import { t } from '../strings';

export const account: Area = { id: 'account', name: t.user.account, title: t.user.account, pages: [], find: () => undefined };
