/** Tabs whose names stand in the address, so that a link leads to one. */
import Tabs, { type TabsProps } from '@cloudscape-design/components/tabs';
import { navigate, useRoute } from '../routing';

export function LinkedTabs({ tabs, label }: { tabs: TabsProps.Tab[]; label: string }) {
  const { path, query } = useRoute();
  const wanted = query.get('tab');
  return (
    <Tabs
      ariaLabel={label}
      activeTabId={tabs.some(({ id }) => id === wanted) ? (wanted ?? '') : (tabs[0]?.id ?? '')}
      tabs={tabs}
      onChange={({ detail }) => {
        const now = new URLSearchParams(query);
        now.set('tab', detail.activeTabId);
        const top = window.scrollY;
        navigate(`${path}?${now.toString()}`, true);
        window.scrollTo(0, top);
      }}
    />
  );
}
