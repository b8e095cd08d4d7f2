/** A short table of what somebody holds, with what can be done to each beside it. */
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import type { Loaded } from '../data';
import { Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';

interface Props<Item> {
  header: string;
  description: string;
  level?: 'h2' | 'h3';
  loaded: Loaded<Item[]>;
  id: (item: Item) => string;
  empty: string;
  emptyHint?: string;
  actions: ReactNode;
  columns: { header: string; cell: (item: Item) => ReactNode }[];
  row: (item: Item) => { text: string; onClick: () => void }[];
}

export function Held<Item>({ header, description, level = 'h3', loaded, id, empty, emptyHint, actions, columns, row }: Props<Item>) {
  return (
    <SpaceBetween size="xs">
      <ErrorAlert error={loaded.error} />
      <Table
        items={loaded.data ?? []}
        loading={loaded.loading}
        loadingText={t.loading}
        trackBy={id}
        wrapLines
        ariaLabels={{ tableLabel: header }}
        header={
          <Header variant={level} description={description} counter={loaded.data ? `(${loaded.data.length})` : ''} actions={actions}>
            {header}
          </Header>
        }
        empty={<Empty header={empty}>{emptyHint}</Empty>}
        columnDefinitions={[
          ...columns.map((column, place) => ({ id: `${place}`, header: column.header, cell: column.cell, isRowHeader: place === 0, minWidth: place === 0 ? 250 : 120 })),
          {
            id: 'actions',
            header: t.actions,
            cell: (item: Item) => (
              <SpaceBetween direction="horizontal" size="s">
                {row(item).map(({ text, onClick }) => (
                  <Button key={text} variant="inline-link" ariaLabel={`${text} ${id(item)}`} onClick={onClick}>
                    {text}
                  </Button>
                ))}
              </SpaceBetween>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}
