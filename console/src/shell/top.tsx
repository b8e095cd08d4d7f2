/** The bar on top: services, region, light or dark, and who is signed in for how much longer. */
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import { useEffect, useState } from 'react';
import { SERVICES } from '../areas';
import { follow, href, navigate } from '../routing';
import { type Session, expire, signOut, workIn } from '../session';
import { t } from '../strings';
import logo from '../wordmark.svg';
import { isDark, toggleTheme } from './theme';

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
    void import('../ec2/api')
      .then(({ listRegions }) => listRegions())
      .then((found) => wanted && setRegions(found))
      .catch(() => undefined);
    return () => {
      wanted = false;
    };
  }, []);
  return [...new Set([now, ...regions])].sort();
}

function useRemaining(expiration: string): string {
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
  return hours ? `${hours}:${two(minutes)} h` : `${minutes}:${two(Math.max(0, left % 60))}`;
}

export function Top({ session }: { session: Session }) {
  const [dark, setDark] = useState(isDark);
  const regions = useRegions(session.region);
  const remaining = useRemaining(session.expiration);
  const who = session.kind === 'Root' ? t.user.root : session.name;
  const utilities: TopNavigationProps.Utility[] = [
    {
      type: 'menu-dropdown',
      text: t.services.menu,
      iconName: 'menu',
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
      items: [
        { id: 'arn', text: session.arn, disabled: true },
        { id: 'remaining', text: t.user.remaining(remaining), disabled: true },
        { id: 'sign-out', text: t.user.signOut },
      ],
      onItemClick: ({ detail }) => {
        if (detail.id === 'sign-out') signOut();
      },
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
        utilities={utilities}
        i18nStrings={{
          overflowMenuTriggerText: t.more,
          overflowMenuTitleText: t.all,
          overflowMenuBackIconAriaLabel: t.back,
          overflowMenuDismissIconAriaLabel: t.close,
        }}
      />
    </div>
  );
}
