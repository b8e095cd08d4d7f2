/** What a policy allows and denies, by service: AWS's own summary of it. */
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { Empty } from '../shell/parts';
import { t } from '../strings';
import { asList, matcher, parse, rowsOf, type Statement } from './editor/model';
import type { Reference, Service } from './editor/reference';
import { serviceOf, useReference } from './editor/visual';

const s = t.iam.editor.summary;

interface Row {
  service: string;
  access: string;
  resource: string;
  condition: string;
}

/** `Full: List, Read; Limited: Write`, from the actions that are covered. */
function levels(service: Service, covered: (name: string) => boolean): string {
  const full: string[] = [];
  const limited: string[] = [];
  for (const level of [...new Set(service.actions.map((each) => each.level))]) {
    const all = service.actions.filter((each) => each.level === level);
    const some = all.filter(({ name }) => covered(name));
    if (some.length === all.length) full.push(level);
    else if (some.length) limited.push(level);
  }
  if (!limited.length && full.length && service.actions.every(({ name }) => covered(name))) return s.full;
  return [full.length ? s.fullLevel(full.join(', ')) : '', limited.length ? s.limitedLevel(limited.join(', ')) : ''].filter(Boolean).join(' · ');
}

function rowsFor(statements: Statement[], found: Reference): Row[] {
  const bySevice = new Map<string, { patterns: string[]; resources: Set<string>; conditions: Set<string> }>();
  const rows: Row[] = [];
  for (const statement of statements) {
    const resources = [...asList(statement.Resource), ...asList(statement.NotResource).map((each) => s.except(each))];
    const conditions = rowsOf(statement.Condition).map(({ operator, key, value }) => `${key} | ${operator} | ${value}`);
    const told = {
      resource: resources.join() === '*' ? s.all : resources.length === 1 ? (resources[0] ?? '') : resources.length ? s.multiple : s.none,
      condition: conditions.length > 1 ? s.multiple : (conditions[0] ?? s.none),
    };
    if ('NotAction' in statement) rows.push({ service: s.except(asList(statement.NotAction).join(', ')), access: s.full, ...told });
    for (const action of asList(statement.Action)) {
      if (action === '*' || serviceOf(action).includes('*')) {
        rows.push({ service: action === '*' || action === '*:*' ? s.everything : action, access: s.full, ...told });
        continue;
      }
      const entry = bySevice.get(serviceOf(action)) ?? { patterns: [], resources: new Set(), conditions: new Set() };
      entry.patterns.push(action.split(':')[1] ?? '');
      entry.resources.add(told.resource);
      entry.conditions.add(told.condition);
      bySevice.set(serviceOf(action), entry);
    }
  }
  for (const [prefix, { patterns, resources, conditions }] of bySevice) {
    const service = found.loaded(prefix);
    const tests = patterns.map(matcher);
    const access = service ? levels(service, (name) => tests.some((test) => test(name))) : '';
    rows.push({
      service: service?.title ?? prefix,
      access: access || s.unknownActions,
      resource: resources.size > 1 ? s.multiple : ([...resources][0] ?? s.none),
      condition: conditions.size > 1 ? s.multiple : ([...conditions][0] ?? s.none),
    });
  }
  return rows.sort((a, b) => a.service.localeCompare(b.service));
}

/** `level` is that of its tables' headings, which stand below the heading of whatever shows it. */
export function Summary({ text, level = 'h4' }: { text: string; level?: 'h3' | 'h4' }) {
  const statements = parse(text)?.Statement ?? [];
  const prefixes = statements.flatMap((each) => asList(each.Action).map(serviceOf)).filter((each) => each && !each.includes('*'));
  const { found } = useReference(prefixes);
  const some = (effect: string) => (found ? rowsFor(statements.filter((each) => each.Effect === effect), found) : []);
  const denied = some('Deny');
  return (
    <SpaceBetween size="m">
      {denied.length > 0 && <Rows level={level} header={s.deny} items={denied} loading={!found} />}
      <Rows level={level} header={s.allow} items={some('Allow')} loading={!found} />
    </SpaceBetween>
  );
}

function Rows({ level, header, items, loading }: { level: 'h3' | 'h4'; header: string; items: Row[]; loading: boolean }) {
  return (
    <Table
      variant="embedded"
      header={<Box variant={level}>{header}</Box>}
      ariaLabels={{ tableLabel: header }}
      items={items}
      loading={loading}
      loadingText={t.loading}
      wrapLines
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columnDefinitions={[
        { id: 'service', header: s.service, cell: (row) => row.service, isRowHeader: true },
        { id: 'access', header: s.access, cell: (row) => row.access },
        { id: 'resource', header: s.resource, cell: (row) => row.resource },
        { id: 'condition', header: s.condition, cell: (row) => row.condition },
      ]}
    />
  );
}
