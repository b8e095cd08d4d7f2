/** Which page is shown, and what stands around it. */
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Flashbar from '@cloudscape-design/components/flashbar';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import Spinner from '@cloudscape-design/components/spinner';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Failure } from './shell/failure';
import { Empty, FlashProvider, useFlash } from './shell/parts';
import { SignIn } from './shell/sign-in';
import { SERVICES, Top } from './shell/top';
import { follow, href, pathOf, type Route, To, useRoute } from './routing';
import { type Session, takeToken, useSession } from './session';
import { t } from './strings';

const Home = lazy(() => import('./home/home'));
const Roles = lazy(() => import('./iam/roles'));
const CreateRole = lazy(() => import('./iam/create-role'));
const Role = lazy(() => import('./iam/role'));
const Policies = lazy(() => import('./iam/policies'));
const Policy = lazy(() => import('./iam/policy'));
const Users = lazy(() => import('./iam/users'));
const Groups = lazy(() => import('./iam/groups'));
const Instances = lazy(() => import('./ec2/instances'));
const Launch = lazy(() => import('./ec2/launch'));
const Instance = lazy(() => import('./ec2/instance'));
const ModifyRole = lazy(() => import('./ec2/modify-role'));
const KeyPairs = lazy(() => import('./ec2/key-pairs'));
const Buckets = lazy(() => import('./s3/buckets'));
const Bucket = lazy(() => import('./s3/bucket'));

interface Crumb {
  text: string;
  path: string;
}

interface Found {
  page: ReactNode;
  crumbs: Crumb[];
}

function find(route: Route): Found {
  const [service, kind, name, what] = route.parts;
  const home: Crumb = { text: t.product, path: '/' };
  const at = (place: string) => ({ text: service === 's3' ? 'S3' : (service ?? '').toUpperCase(), path: place });
  const missing: Found = { page: <Empty header={t.noPage}><To path="/">{t.home.title}</To></Empty>, crumbs: [home] };
  switch (`${service ?? ''}/${kind ?? ''}`) {
    case '/':
      return { page: <Home />, crumbs: [] };
    case 'iam/roles': {
      const crumbs = [home, at('/iam/roles'), { text: t.iam.roles.title, path: '/iam/roles' }];
      if (!name) return { page: <Roles />, crumbs };
      if (name === 'create' && !what)
        return { page: <CreateRole />, crumbs: [...crumbs, { text: t.iam.create.title, path: route.path }] };
      return { page: <Role name={name} key={name} />, crumbs: [...crumbs, { text: name, path: route.path }] };
    }
    case 'iam/policies': {
      const crumbs = [home, at('/iam/roles'), { text: t.iam.policies.title, path: '/iam/policies' }];
      const arn = route.query.get('arn');
      if (!arn) return { page: <Policies />, crumbs };
      return {
        page: <Policy arn={arn} key={arn} />,
        crumbs: [...crumbs, { text: arn.split('/').pop() ?? arn, path: route.path }],
      };
    }
    case 'iam/users':
      return { page: <Users />, crumbs: [home, at('/iam/roles'), { text: t.iam.users.title, path: '/iam/users' }] };
    case 'iam/groups':
      return { page: <Groups />, crumbs: [home, at('/iam/roles'), { text: t.iam.groups.title, path: '/iam/groups' }] };
    case 'ec2/instances': {
      const crumbs = [home, at('/ec2/instances'), { text: t.ec2.instances.title, path: '/ec2/instances' }];
      if (!name) return { page: <Instances />, crumbs };
      const one = [...crumbs, { text: name, path: pathOf('ec2', 'instances', name) }];
      if (what === 'iam-role')
        return { page: <ModifyRole id={name} key={name} />, crumbs: [...one, { text: t.ec2.role.title, path: route.path }] };
      return { page: <Instance id={name} key={name} />, crumbs: one };
    }
    case 'ec2/launch':
      return {
        page: <Launch />,
        crumbs: [
          home,
          at('/ec2/instances'),
          { text: t.ec2.instances.title, path: '/ec2/instances' },
          { text: t.ec2.launch.title, path: '/ec2/launch' },
        ],
      };
    case 'ec2/key-pairs':
      return { page: <KeyPairs />, crumbs: [home, at('/ec2/instances'), { text: t.ec2.keyPairs.title, path: '/ec2/key-pairs' }] };
    case 's3/buckets': {
      const crumbs = [home, at('/s3/buckets'), { text: t.s3.buckets.title, path: '/s3/buckets' }];
      if (!name) return { page: <Buckets />, crumbs };
      return { page: <Bucket name={name} key={name} />, crumbs: [...crumbs, { text: name, path: pathOf('s3', 'buckets', name) }] };
    }
    default:
      return missing;
  }
}

function Side({ route }: { route: Route }) {
  const service = SERVICES.find(({ name }) => name.toLowerCase() === route.parts[0]);
  const links = (pages: { text: string; path: string }[]) =>
    pages.map(({ text, path }) => ({ type: 'link' as const, text, href: href(path) }));
  const active = service?.pages.find(({ path }) => route.path.startsWith(path))?.path ?? route.path;
  return (
    <SideNavigation
      header={service ? { text: service.title, href: href(service.pages[0]?.path ?? '/') } : { text: t.home.title, href: href('/') }}
      activeHref={href(active)}
      onFollow={follow}
      items={
        service
          ? links(service.pages)
          : SERVICES.map(({ name, pages }) => ({ type: 'section' as const, text: name, items: links(pages) }))
      }
    />
  );
}

function SignedIn({ session }: { session: Session }) {
  const route = useRoute();
  const { page, crumbs } = find(route);
  const flashes = useFlash();
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
        navigation={<Side route={route} />}
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
        notifications={<Flashbar items={flashes.items} stackItems />}
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
  const [token] = useState(takeToken);
  return <FlashProvider>{session ? <SignedIn session={session} /> : <SignIn token={token} />}</FlashProvider>;
}
