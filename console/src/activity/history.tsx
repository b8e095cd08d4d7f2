/** Who did what: the events of a region, the newest first. */
import type { LookupAttribute } from '@aws-sdk/client-cloudtrail';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Toggle from '@cloudscape-design/components/toggle';
import { lazy, Suspense, useState } from 'react';
import { useLoad } from '../data';
import { navigate, pathOf, To, useRoute } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { Empty, when } from '../shell/parts';
import { t } from '../strings';
import { type Happening, isDenied, lookUp } from './api';

const Chart = lazy(() => import('./chart'));
const s = t.activity.history;
const PAGE = 200;
const SECONDS: Record<string, number> = { '1h': 3600, '1d': 86_400, '7d': 7 * 86_400, '90d': 90 * 86_400 };
const options = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }));
const BY = options(s.filters);
const RANGES = options(s.ranges);

function attributeOf(by: string, value: string): LookupAttribute | undefined {
  if (by === 'changes') return { AttributeKey: 'ReadOnly', AttributeValue: 'false' };
  if (by === 'all' || !value) return undefined;
  return { AttributeKey: by as 'EventName', AttributeValue: value };
}

function resourceText({ resources }: Happening): string {
  const [first] = resources;
  if (!first) return t.none;
  const name = first.name.startsWith('arn:') ? (first.name.split(/[:/]/).pop() ?? first.name) : first.name;
  return resources.length > 1 ? s.moreResources(name, resources.length - 1) : name;
}

const by = (value: (each: Happening) => string) => (a: Happening, b: Happening) => value(a).localeCompare(value(b));

export default function History() {
  const { query } = useRoute();
  const region = session().region;
  const chosen = query.get('by') ?? 'changes';
  const value = query.get('value') ?? '';
  const range = query.get('range') ?? '1d';
  const refusedOnly = query.get('refused') === '1';
  const [limit, setLimit] = useState(PAGE);
  const [typed, setTyped] = useState(value);
  const events = useLoad(
    () => lookUp({ attribute: attributeOf(chosen, value), seconds: SECONDS[range] ?? 86_400, refusedOnly }, limit),
    ['events', region, chosen, value, range, refusedOnly, limit].join(' '),
    15,
  );
  const go = (changes: Record<string, string>) => {
    const next = new URLSearchParams(query);
    for (const [name, to] of Object.entries(changes)) next.set(name, to);
    setLimit(PAGE);
    navigate(`/activity/events?${next}`, true);
  };
  const loaded = { ...events, data: events.data?.found };
  const asks = chosen in s.examples;
  return (
    <SpaceBetween size="l">
      <Container>
        <div className="filters">
          <FormField label={s.by}>
            <Select
              selectedOption={BY.find((each) => each.value === chosen) ?? null}
              options={BY}
              onChange={({ detail }) => {
                setTyped('');
                go({ by: detail.selectedOption.value ?? 'changes', value: '' });
              }}
            />
          </FormField>
          {asks && (
            <FormField label={s.value}>
              <SpaceBetween direction="horizontal" size="xs">
                <Input
                  value={typed}
                  type="search"
                  placeholder={s.examples[chosen] ?? ''}
                  onChange={({ detail }) => setTyped(detail.value)}
                  onKeyDown={({ detail }) => {
                    if (detail.key === 'Enter') go({ value: typed.trim() });
                  }}
                />
                <Button onClick={() => go({ value: typed.trim() })}>{s.apply}</Button>
              </SpaceBetween>
            </FormField>
          )}
          <FormField label={s.range}>
            <Select
              selectedOption={RANGES.find((each) => each.value === range) ?? null}
              options={RANGES}
              onChange={({ detail }) => go({ range: detail.selectedOption.value ?? '1d' })}
            />
          </FormField>
          <Box padding={{ top: 'xl' }}>
            <Toggle checked={refusedOnly} onChange={({ detail }) => go({ refused: detail.checked ? '1' : '0' })}>
              {s.refusedOnly}
            </Toggle>
          </Box>
        </div>
      </Container>
      {loaded.data && loaded.data.length > 0 && (
        <Suspense fallback={null}>
          <Chart events={loaded.data} />
        </Suspense>
      )}
      <List
        name="events"
        loaded={loaded}
        header={s.title}
        description={s.description(region)}
        id={({ id }) => id}
        label={({ name }) => name}
        text={(each) => `${each.name} ${each.user} ${each.source} ${each.record.errorCode ?? ''} ${each.resources.map(({ name }) => name).join(' ')}`}
        placeholder={s.search}
        actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void events.reload()} />}
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        shownAtFirst={['name', 'time', 'user', 'source', 'code', 'resource']}
        columns={[
          {
            id: 'name',
            header: s.name,
            cell: (each) => <To path={pathOf('activity', 'events', each.id)}>{each.name}</To>,
            isRowHeader: true, // not sorted by it: the newest stand first
          },
          {
            id: 'time',
            header: s.time,
            cell: ({ at }) => when(at),
            sortingComparator: (a, b) => a.at.getTime() - b.at.getTime(),
          },
          { id: 'user', header: s.user, cell: ({ user }) => user || t.none, sortingComparator: by(({ user }) => user) },
          { id: 'source', header: s.source, cell: ({ source }) => source, sortingComparator: by(({ source }) => source) },
          {
            id: 'code',
            header: s.code,
            cell: (each) =>
              each.record.errorCode ? (
                <StatusIndicator type={isDenied(each) ? 'error' : 'warning'}>{each.record.errorCode}</StatusIndicator>
              ) : (
                t.none
              ),
            sortingComparator: by(({ record }) => record.errorCode ?? ''),
          },
          { id: 'resource', header: s.resource, cell: resourceText },
          { id: 'address', header: s.address, cell: ({ record }) => record.sourceIPAddress ?? t.none },
          { id: 'readOnly', header: s.readOnly, cell: ({ record }) => (record.readOnly ? s.yes : s.no) },
          { id: 'key', header: s.key, cell: ({ key }) => key || t.none },
        ]}
      />
      {events.data?.more && (
        <SpaceBetween direction="horizontal" size="s">
          <Box padding={{ top: 'xxs' }}>{s.moreHint(events.data.looked)}</Box>
          <Button onClick={() => setLimit(limit + PAGE)}>{s.more}</Button>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
