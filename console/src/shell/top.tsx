/** The bar on top: services, region, light or dark, and who is signed in for how much longer. */
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import { lazy, Suspense, useEffect, useState } from 'react';
import { SERVICES } from '../areas';
import { at, ec2Pages } from '../light';
import { follow, href, navigate } from '../routing';
import { history, switchTo } from '../roles-worn';
import { expire, goBack, renew, type Session, signOut, workIn, type Worn } from '../session';
import { t } from '../strings';
import logo from '../wordmark.svg';
import { ErrorText, useFlash } from './parts';
import { isDark, toggleTheme } from './theme';

const Search = lazy(() => import('./search'));

const services: ButtonDropdownProps.ItemOrGroup[] = SERVICES.map(({ name, pages }) => ({
  id: name,
  text: name,
  items: pages.map(({ text, path }) => ({ id: path, text, href: href(path) })),
}));

/** The regions that the caller may see; the one that is worked in where it may see none. */
function useRegions(now: string): string[] {
  const [regions, setRegions] = useState<string[]>([]);
  useEffect(() => {
    let wanted = true;
    ec2Pages('DescribeRegions')
      .then((pages) => pages.flatMap((page) => at(page, 'regionName').map((each) => each.textContent)))
      .then((found) => wanted && setRegions(found))
      .catch(() => undefined);
    return () => {
      wanted = false;
    };
  }, []);
  return [...new Set([now, ...regions])].sort();
}

/** Below this many seconds the page says that the session ends soon. */
const SOON = 300;

function useRemaining(expiration: string): { remaining: string; soon: boolean } {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.floor((Date.parse(expiration) - now) / 1000);
  useEffect(() => {
    if (left <= 0) expire();
  }, [left]);
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  const remaining = hours ? `${hours}:${two(minutes)} h` : `${minutes}:${two(Math.max(0, left % 60))}`;
  return { remaining, soon: left > 0 && left <= SOON };
}

/** The menu of whoever is signed in. */
function items(session: Session, remaining: string): ButtonDropdownProps.ItemOrGroup[] {
  const { worn, base } = session;
  const me = base ?? session;
  const roles = me.kind === 'Root' ? [] : history(me.arn).filter((each) => each.role !== worn?.role || each.account !== worn.account);
  return [
    { id: 'arn', text: session.arn, disabled: true },
    { id: 'remaining', text: t.user.remaining(remaining), disabled: true },
    { id: 'credentials', text: t.user.credentials, href: href('/account/security-credentials') },
    { id: 'settings', text: t.user.settings, href: href('/account/settings') },
    ...(me.kind === 'Root' ? [] : [{ id: 'switch', text: t.user.switchRole, href: href('/switchrole') }]),
    ...(worn && base ? [{ id: 'back', text: t.user.switchBack(base.name) }] : []),
    ...(roles.length > 0
      ? [{ text: t.user.recentRoles, items: roles.map(({ account, role, display }) => ({ id: `role ${account} ${role}`, text: display })) }]
      : []),
    { id: 'renew', text: t.user.signInAgain },
    { id: 'sign-out', text: t.user.signOut },
  ];
}

export function Top({ session }: { session: Session }) {
  const flash = useFlash();
  const [dark, setDark] = useState(isDark);
  const regions = useRegions(session.region);
  const { remaining, soon } = useRemaining(session.expiration);
  const who = session.worn?.display ?? (session.kind === 'Root' ? t.user.root : session.name);
  const choose = (id: string) => {
    if (id === 'sign-out') signOut();
    else if (id === 'renew') renew(true);
    else if (id === 'back') goBack();
    else if (id.startsWith('role ')) {
      const me = session.base ?? session;
      const worn = history(me.arn).find(({ account, role }) => id === `role ${account} ${role}`);
      if (worn) switchTo(worn).catch((error: unknown) => flash.push('error', <ErrorText error={error} />));
    }
  };
  const utilities: TopNavigationProps.Utility[] = [
    {
      type: 'menu-dropdown',
      text: t.services.menu,
      iconName: 'menu',
      disableUtilityCollapse: true,
      items: services,
      expandableGroups: true,
      onItemFollow: follow,
    },
    {
      type: 'menu-dropdown',
      text: session.region,
      ariaLabel: `${t.user.region}: ${session.region}`,
      items: regions.map((id) => ({ id, text: id })),
      onItemClick: ({ detail }) => workIn(detail.id),
    },
    {
      type: 'button',
      text: dark ? t.user.light : t.user.dark,
      ariaLabel: dark ? t.user.light : t.user.dark,
      onClick: () => {
        toggleTheme();
        setDark(isDark());
      },
    },
    {
      type: 'menu-dropdown',
      text: who,
      description: `${t.user.account} ${session.account}`,
      iconName: 'user-profile',
      items: items(session, remaining),
      onItemFollow: follow,
      onItemClick: ({ detail }) => choose(detail.id),
    },
  ];
  return (
    <div id="top">
      <TopNavigation
        identity={{
          href: href('/'),
          logo: { src: logo, alt: t.product },
          onFollow: (event) => {
            event.preventDefault();
            navigate('/');
          },
        }}
        search={
          <Suspense fallback={null}>
            <Search />
          </Suspense>
        }
        utilities={utilities}
        i18nStrings={{
          searchIconAriaLabel: t.search.open,
          searchDismissIconAriaLabel: t.search.close,
          overflowMenuTriggerText: t.more,
          overflowMenuTitleText: t.all,
          overflowMenuBackIconAriaLabel: t.back,
          overflowMenuDismissIconAriaLabel: t.close,
        }}
      />
      {session.worn && <RoleBand session={session} worn={session.worn} />}
      {soon && (
        <div className="band soon" role="status">
          <span>{t.user.endsSoon(remaining)}</span>
          <button type="button" onClick={() => renew(true)}>
            {t.user.signInAgain}
          </button>
        </div>
      )}
    </div>
  );
}

/** Below the bar, in the role's colour: whose permissions one has now, and the way back. */
function RoleBand({ session, worn }: { session: Session; worn: Worn }) {
  return (
    <div className="band" style={{ backgroundColor: worn.colour }} data-testid="role-band">
      <span>{t.roles.wears(worn.role, session.account)}</span>
      <button type="button" onClick={goBack}>
        {t.roles.back}
      </button>
    </div>
  );
}
