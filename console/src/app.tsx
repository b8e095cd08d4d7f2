/** Which page is shown, and what stands around it. */
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Flashbar from '@cloudscape-design/components/flashbar';
import Header from '@cloudscape-design/components/header';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { lazy, Suspense, useEffect, useState } from 'react';
import { areaOf, type Crumb, type Found, SERVICES } from './areas';
import { Failure } from './shell/failure';
import { FlashProvider, useFlash } from './shell/parts';
import { AsSomebodyElse, SignInAgain } from './shell/again';
import { SignIn } from './shell/sign-in';
import { Top } from './shell/top';
import { follow, href, type Route, To, useRoute } from './routing';
import { useLost } from './reach';
import { leave, type Session, useSession } from './session';
import { takeInvitation } from './sign-in';
import { t } from './strings';

const Home = lazy(() => import('./home/home'));

function find(route: Route): Found {
  if (route.parts.length === 0) return { page: <Home />, crumbs: [] };
  const home = { text: t.product, path: '/' };
  const area = areaOf(route);
  const found = area?.find(route);
  if (!area || !found) {
    const page = (
      <SpaceBetween size="m">
        <Header variant="h1">{t.noPage}</Header>
        <To path="/">{t.home.title}</To>
      </SpaceBetween>
    );
    return { page, crumbs: [home] };
  }
  return { page: found.page, crumbs: [home, { text: area.name, path: area.pages[0]?.path ?? '/' }, ...found.crumbs] };
}

function Side({ route, crumbs }: { route: Route; crumbs: Crumb[] }) {
  const area = areaOf(route);
  const links = (pages: { text: string; path: string }[]) =>
    pages.map(({ text, path }) => ({ type: 'link' as const, text, href: href(path) }));
  // of what stands above a page, the innermost that the menu knows: an area's own address shows its first page
  const active = crumbs.findLast(({ path }) => area?.pages.some((page) => page.path === path))?.path ?? route.path;
  return (
    <SideNavigation
      header={area ? { text: area.title, href: href(area.pages[0]?.path ?? '/') } : { text: t.home.title, href: href('/') }}
      activeHref={href(active)}
      onFollow={follow}
      items={
        area
          ? links(area.pages)
          : SERVICES.map(({ name, pages }) => ({ type: 'section' as const, text: name, items: links(pages) }))
      }
    />
  );
}

/**
 * On a narrow screen Cloudscape gives the navigation an orientation, which ARIA knows of toolbars alone and no property of
 * AppLayout leaves out: take it away whenever the screen may have become narrow.
 */
function useTidyNavigation(): void {
  useEffect(() => {
    const tidy = () => {
      for (const each of document.querySelectorAll('nav[aria-orientation]')) each.removeAttribute('aria-orientation');
    };
    const afterwards = () => requestAnimationFrame(() => requestAnimationFrame(tidy));
    tidy();
    window.addEventListener('resize', afterwards);
    return () => window.removeEventListener('resize', afterwards);
  }, []);
}

function SignedIn({ session }: { session: Session }) {
  const route = useRoute();
  const { page, crumbs } = find(route);
  const flashes = useFlash();
  const lost = useLost();
  useTidyNavigation();
  const [open, setOpen] = useState(() => window.innerWidth > 900);
  const title = crumbs.at(-1)?.text ?? t.home.title;
  useEffect(() => {
    document.title = `${title} | ${t.product}`;
  }, [title]);
  return (
    <>
      <Top session={session} />
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigation={<Side route={route} crumbs={crumbs} />}
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        ariaLabels={{ navigation: t.navigation, navigationToggle: t.openNavigation, navigationClose: t.closeNavigation }}
        breadcrumbs={
          crumbs.length > 0 && (
            <BreadcrumbGroup
              ariaLabel={t.breadcrumbs}
              items={crumbs.map(({ text, path }) => ({ text, href: href(path) }))}
              onFollow={follow}
            />
          )
        }
        notifications={
          <Flashbar
            items={[
              ...(lost ? [{ type: 'warning' as const, loading: true, header: t.lost.header, content: t.lost.text, id: 'lost' }] : []),
              ...flashes.items,
            ]}
            stackItems={flashes.items.length > 0}
            i18nStrings={t.flashes}
          />
        }
        content={
          <Failure key={`${route.path} ${session.region}`}>
            <Suspense fallback={<div className="waiting"><Spinner size="large" /></div>}>{page}</Suspense>
          </Failure>
        }
      />
    </>
  );
}

export function App() {
  const session = useSession();
  const [invitation, setInvitation] = useState(takeInvitation);
  const done = () => setInvitation(null);
  return (
    <FlashProvider>
      {session ? <SignedIn key={session.arn} session={session} /> : <SignIn invitation={invitation} onTaken={done} />}
      {session && <SignInAgain session={session} />}
      {session && invitation && <AsSomebodyElse session={session} onStay={done} onUse={leave} />}
    </FlashProvider>
  );
}
