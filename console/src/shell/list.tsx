/** A table with a filter, sorting, pages, their size, and selection: the list of every kind of thing. */
import { useCollection } from '@cloudscape-design/collection-hooks';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { type ReactNode, useEffect, useState } from 'react';
import type { Loaded } from '../data';
import { t } from '../strings';
import { Empty, ErrorAlert } from './parts';

interface ListProps<Item> {
  loaded: Loaded<Item[]>;
  header: string;
  description?: ReactNode;
  columns: TableProps.ColumnDefinition<Item>[];
  id: (item: Item) => string;
  label: (item: Item) => string;
  text: (item: Item) => string;
  placeholder: string;
  empty: ReactNode;
  actions?: ReactNode;
  selection?: 'single' | 'multi';
  selected?: string[];
  onSelected?: (ids: string[]) => void;
  onVisible?: (items: readonly Item[]) => void;
  filterBeside?: ReactNode;
  narrow?: (item: Item) => boolean;
  embedded?: boolean;
  name: string;
}

export function List<Item>(props: ListProps<Item>) {
  const { loaded, columns, id, text, name } = props;
  const [pageSize, setPageSize] = useState(() => Number(localStorage.getItem(`tabard-page-size-${name}`)) || 20);
  const items = loaded.data ?? [];
  const shown = props.narrow ? items.filter(props.narrow) : items;
  const first = columns[0];
  const collection = useCollection(shown, {
    filtering: {
      filteringFunction: (item, wanted) => text(item).toLowerCase().includes(wanted.trim().toLowerCase()),
      empty: props.empty,
      noMatch: <Empty header={t.list.noMatch}>{t.list.noMatchHint}</Empty>,
    },
    pagination: { pageSize },
    sorting: first?.sortingField || first?.sortingComparator ? { defaultState: { sortingColumn: first } } : {},
    selection: { trackBy: id },
  });
  const visible = collection.items;
  const keys = visible.map(id).join('\n');
  useEffect(() => props.onVisible?.(visible), [keys]);
  const chosen = items.filter((item) => props.selected?.includes(id(item)));
  if (loaded.error && !loaded.data) return <ErrorAlert error={loaded.error} />;
  const total = loaded.data ? `(${items.length})` : '';
  return (
    <SpaceBetween size="s">
    <ErrorAlert error={loaded.error} />
    <Table
      {...collection.collectionProps}
      variant={props.embedded ? 'embedded' : 'container'}
      stickyHeader={!props.embedded}
      trackBy={id}
      items={visible}
      columnDefinitions={columns}
      loading={loaded.loading}
      loadingText={t.loading}
      wrapLines={false}
      resizableColumns={false}
      {...(props.selection
        ? {
            selectionType: props.selection,
            selectedItems: chosen,
            onSelectionChange: ({ detail }: { detail: TableProps.SelectionChangeDetail<Item> }) => {
              const here = new Set(visible.map(id));
              const elsewhere = props.selection === 'multi' ? chosen.filter((item) => !here.has(id(item))) : [];
              const now = new Set([...elsewhere, ...detail.selectedItems].map(id));
              props.onSelected?.([...now]);
            },
          }
        : {})}
      ariaLabels={{
        tableLabel: props.header,
        selectionGroupLabel: props.header,
        itemSelectionLabel: (_, item) => props.label(item),
        allItemsSelectionLabel: () => t.list.selectAll,
      }}
      header={
        <Header
          variant={props.embedded ? 'h3' : 'h1'}
          counter={props.selection === 'multi' && chosen.length ? `(${chosen.length}/${items.length})` : total}
          description={props.description}
          actions={props.actions}
        >
          {props.header}
        </Header>
      }
      filter={
        <div className="filters">
          <TextFilter
            {...collection.filterProps}
            filteringPlaceholder={props.placeholder}
            filteringAriaLabel={props.placeholder}
            countText={t.list.matches(collection.filteredItemsCount ?? 0)}
          />
          {props.filterBeside}
        </div>
      }
      pagination={<Pagination {...collection.paginationProps} />}
      preferences={
        <CollectionPreferences
          title={t.list.preferences}
          confirmLabel={t.confirm.ok}
          cancelLabel={t.cancel}
          preferences={{ pageSize }}
          pageSizePreference={{
            title: t.list.pageSize,
            options: [10, 20, 50, 100].map((value) => ({ value, label: t.list.items(value) })),
          }}
          onConfirm={({ detail }) => {
            const size = detail.pageSize ?? 20;
            localStorage.setItem(`tabard-page-size-${name}`, String(size));
            setPageSize(size);
          }}
        />
      }
    />
    </SpaceBetween>
  );
}
