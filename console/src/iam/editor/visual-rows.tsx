/** Lists that one adds to and takes from: resources, principals, conditions. */
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useState } from 'react';
import { session } from '../../session';
import { t } from '../../strings';
import { OPERATORS, PRINCIPALS } from './lint';
import { conditionOf, type Json, type Named, principalOf, principalsOf, type Row, rowsOf } from './model';

const s = t.iam.editor.visual;

interface RowsProps<Item> {
  label: string;
  add: string;
  items: Item[];
  fresh: Item;
  empty?: string;
  onChange: (items: Item[]) => void;
  cell: (item: Item, place: number, put: (item: Item) => void) => ReactNode;
}

export function Rows<Item>({ label, add, items, fresh, empty, onChange, cell }: RowsProps<Item>) {
  return (
    <div role="group" aria-label={label}>
      <SpaceBetween size="xs">
        <Box variant="awsui-key-label">{label}</Box>
        {items.length === 0 && empty && <Box color="text-body-secondary">{empty}</Box>}
        {items.map((item, place) => (
          <div key={place} className="row">
            {cell(item, place, (changed) => onChange(items.map((each, at) => (at === place ? changed : each))))}
            <Button
              variant="icon"
              iconName="remove"
              ariaLabel={`${s.remove1} ${label} ${place + 1}`}
              onClick={() => onChange(items.filter((_, at) => at !== place))}
            />
          </div>
        ))}
        <Button iconName="add-plus" onClick={() => onChange([...items, fresh])}>
          {add}
        </Button>
      </SpaceBetween>
    </div>
  );
}

interface ConditionsProps {
  value: Json | undefined;
  keys: { value: string; description: string }[];
  onChange: (block: { [name: string]: Json }) => void;
}

/** Rows that are not whole yet are kept here; the text has those that are. */
export function Conditions({ value, keys, onChange }: ConditionsProps) {
  const written = rowsOf(value);
  const [draft, setDraft] = useState<{ of: string; rows: Row[] }>();
  const now = JSON.stringify(conditionOf(written));
  const rows = draft?.of === now ? draft.rows : written;
  const put = (changed: Row[]) => {
    const whole = conditionOf(changed.filter(({ operator, key }) => operator && key));
    setDraft({ of: JSON.stringify(conditionOf(rowsOf(whole))), rows: changed });
    onChange(whole);
  };
  return (
    <Rows
      label={s.conditions}
      add={s.addCondition}
      empty={s.noConditions}
      items={rows}
      fresh={{ operator: 'StringEquals', key: '', value: '' }}
      onChange={put}
      cell={(row, place, change) => (
        <>
          <div className="grow"><Select
            selectedOption={{ value: row.operator, label: row.operator }}
            options={[...new Set([row.operator, ...OPERATORS])].map((each) => ({ value: each, label: each }))}
            filteringType="auto"
            ariaLabel={`${s.operator} ${place + 1}`}
            onChange={({ detail }) => change({ ...row, operator: detail.selectedOption.value ?? '' })}
          /></div>
          <div className="grow"><Autosuggest
            value={row.key}
            options={keys}
            ariaLabel={`${s.key} ${place + 1}`}
            placeholder="aws:"
            enteredTextLabel={s.enter}
            onChange={({ detail }) => change({ ...row, key: detail.value })}
          /></div>
          <div className="narrow"><Input
            value={row.value}
            ariaLabel={`${s.value} ${place + 1}`}
            placeholder={s.value}
            onChange={({ detail }) => change({ ...row, value: detail.value })}
          /></div>
        </>
      )}
    />
  );
}

export function Principals({ value, onChange }: { value: Json | undefined; onChange: (value: Json) => void }) {
  const named = principalsOf(value);
  const kinds = ['*', ...PRINCIPALS];
  const labelOf = (kind: string) => (kind === '*' ? s.anyone : kind);
  const suggestions = (kind: string) =>
    (kind === 'Service'
      ? ['ec2.amazonaws.com', 'lambda.amazonaws.com', 'ecs-tasks.amazonaws.com']
      : kind === 'AWS'
        ? [`arn:aws:iam::${session().account}:root`]
        : []
    ).map((each) => ({ value: each }));
  return (
    <Rows<Named>
      label={s.principals}
      add={s.addPrincipal}
      items={named}
      fresh={{ kind: 'AWS', value: `arn:aws:iam::${session().account}:root` }}
      onChange={(items) => onChange(principalOf(items))}
      cell={(item, place, put) => (
        <>
          <div className="narrow"><Select
            selectedOption={{ value: item.kind, label: labelOf(item.kind) }}
            options={kinds.map((each) => ({ value: each, label: labelOf(each) }))}
            ariaLabel={`${s.principalKind} ${place + 1}`}
            onChange={({ detail }) => put({ ...item, kind: detail.selectedOption.value ?? 'AWS' })}
          /></div>
          {item.kind !== '*' && (
            <div className="grow"><Autosuggest
              value={item.value}
              options={suggestions(item.kind)}
              ariaLabel={`${s.principalValue} ${place + 1}`}
              enteredTextLabel={s.enter}
              onChange={({ detail }) => put({ ...item, value: detail.value })}
            /></div>
          )}
        </>
      )}
    />
  );
}
