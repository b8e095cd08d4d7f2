/** The areas of the console: what an area is made of, and which there are. */
import type { ReactNode } from 'react';
import { account } from './account/routes';
import { activity } from './activity/routes';
import { ec2 } from './ec2/routes';
import { iam } from './iam/routes';
import type { Route } from './routing';
import { s3 } from './s3/routes';

export interface Crumb {
  text: string;
  path: string;
}

/** A page, and where it stands below the console's first page and its own area. */
export interface Found {
  page: ReactNode;
  crumbs: Crumb[];
}

export interface Area {
  /** The first part of its paths. */
  id: string;
  /** As the Services menu calls it. */
  name: string;
  title: string;
  /** What its side navigation links to; one without any stands in no menu. */
  pages: Crumb[];
  /** The page of a path that begins with `id`, undefined where there is none. Pages are loaded when they are first shown. */
  find: (route: Route) => Found | undefined;
}

const AREAS: Area[] = [iam, ec2, s3, activity, account];

/** Those that stand in the Services menu. */
export const SERVICES: Area[] = AREAS.filter(({ pages, id }) => pages.length > 0 && id !== account.id);

/** All that have pages, one's own too. */
export function areaPages(): Area[] {
  return [...SERVICES, account];
}

export function areaOf(route: Route): Area | undefined {
  // AWS's own address for switching roles has no area in it
  const id = route.parts[0] === 'switchrole' ? account.id : route.parts[0];
  return AREAS.find((area) => area.id === id);
}
