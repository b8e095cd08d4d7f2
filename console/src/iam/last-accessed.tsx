/** Which services an identity's permissions were last used for: what it has and does not need. */
import { GenerateServiceLastAccessedDetailsCommand, GetServiceLastAccessedDetailsCommand, type ServiceLastAccessed } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useLoad } from '../data';
import { List } from '../shell/list';
import { ago, Empty, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';

const s = t.iam.lastAccessed;

async function report(arn: string): Promise<ServiceLastAccessed[]> {
  const { JobId } = await iam().send(new GenerateServiceLastAccessedDetailsCommand({ Arn: arn, Granularity: 'ACTION_LEVEL' }));
  for (let wait = 100; wait < 20_000; wait *= 1.7) {
    const found: ServiceLastAccessed[] = [];
    let Marker: string | undefined;
    let status: string | undefined;
    do {
      const page = await iam().send(new GetServiceLastAccessedDetailsCommand({ JobId, Marker, MaxItems: 1000 }));
      status = page.JobStatus;
      if (status === 'FAILED') throw new Error(page.Error?.Message ?? s.failed);
      found.push(...(page.ServicesLastAccessed ?? []));
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker);
    if (status === 'COMPLETED') return found;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new Error(s.slow);
}

const FILTERS: SelectProps.Option[] = [
  { value: '', label: s.all },
  { value: 'used', label: s.used },
  { value: 'unused', label: s.unused },
];

export function LastAccessed({ arn }: { arn: string }) {
  const loaded = useLoad(() => report(arn), `last accessed ${arn}`);
  const [filter, setFilter] = useState<SelectProps.Option>(FILTERS[0] ?? {});
  return (
    <List
      embedded
      name="last-accessed"
      loaded={loaded}
      header={s.header}
      description={s.hint}
      id={(each) => each.ServiceNamespace ?? ''}
      label={(each) => each.ServiceName ?? ''}
      text={(each) => `${each.ServiceName} ${each.ServiceNamespace}`}
      narrow={(each) => !filter.value || (filter.value === 'used') === Boolean(each.LastAuthenticated)}
      placeholder={s.search}
      filterBeside={<Select selectedOption={filter} options={FILTERS} ariaLabel={s.filter} onChange={({ detail }) => setFilter(detail.selectedOption)} />}
      actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void loaded.reload()} />}
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        { id: 'service', header: s.service, cell: (each) => each.ServiceName, sortingField: 'ServiceName', isRowHeader: true },
        {
          id: 'last',
          header: s.last,
          cell: (each) => (each.LastAuthenticated ? <span title={when(each.LastAuthenticated)}>{ago(each.LastAuthenticated)}</span> : s.never),
          sortingComparator: (a, b) => (a.LastAuthenticated?.getTime() ?? 0) - (b.LastAuthenticated?.getTime() ?? 0),
        },
        { id: 'region', header: t.user.region, cell: (each) => each.LastAuthenticatedRegion ?? t.none },
        {
          id: 'actions',
          header: s.actions,
          cell: (each) =>
            (each.TrackedActionsLastAccessed ?? [])
              .filter(({ LastAccessedTime }) => LastAccessedTime)
              .map(({ ActionName }) => ActionName)
              .join(', ') || t.none,
        },
      ]}
    />
  );
}
