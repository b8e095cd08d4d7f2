/** A table with a filter, sorting, pages, their size, and selection: the list of every kind of thing. */
import { useCollection } from '@cloudscape-design/collection-hooks';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react';
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
  /** Below the page's own heading. */
  level?: 'h1' | 'h2' | 'h3';
  /** The columns that are shown at first; given, people choose which they see, and in which order. */
  shownAtFirst?: string[];
  name: string;
}

type Display = readonly { id: string; visible: boolean }[];

/** The columns as they were chosen, with those that are new since then at their end. */
function useDisplay(name: string, columns: readonly { id?: string }[], shownAtFirst: string[] | undefined): [Display, (to: Display) => void] {
  const [stored, setStored] = useState<Display>(() => {
    try {
      return JSON.parse(localStorage.getItem(`tabard-columns-${name}`) ?? '[]') as Display;
    } catch {
      return [];
    }
  });
  const ids = columns.map(({ id }) => id ?? '');
  const known = stored.filter(({ id }) => ids.includes(id));
  const added = ids.filter((id) => !known.some((each) => each.id === id));
  const display = [...known, ...added.map((id) => ({ id, visible: shownAtFirst?.includes(id) ?? true }))];
  const store = (to: Display) => {
    localStorage.setItem(`tabard-columns-${name}`, JSON.stringify(to));
    setStored(to);
  };
  return [display, store];
}

export function List<Item>(props: ListProps<Item>) {
  const { loaded, columns, id, text, name } = props;
  const [pageSize, setPageSize] = useState(() => Number(localStorage.getItem(`tabard-page-size-${name}`)) || 20);
  const [display, setDisplay] = useDisplay(name, columns, props.shownAtFirst);
  const items = loaded.data ?? [];
  const shown = props.narrow ? items.filter(props.narrow) : items;
  const first = columns[0];
  const noMatch = <Empty header={t.list.noMatch}>{t.list.noMatchHint}</Empty>;
  const collection = useCollection(shown, {
    filtering: {
      filteringFunction: (item, wanted) => text(item).toLowerCase().includes(wanted.trim().toLowerCase()),
      empty: items.length ? noMatch : props.empty, // narrowed to nothing is not the same as nothing there
      noMatch,
    },
    pagination: { pageSize },
    sorting: first?.sortingField || first?.sortingComparator ? { defaultState: { sortingColumn: first } } : {},
    selection: { trackBy: id },
  });
  const visible = collection.items;
  const keys = visible.map(id).join('\n');
  const tell = useEffectEvent(() => props.onVisible?.(visible));
  useEffect(() => tell(), [keys]);
  const chosen = items.filter((item) => props.selected?.includes(id(item)));
  const variant = props.level ?? (props.embedded ? 'h3' : 'h1');
  if (loaded.error && !loaded.data) {
    return (
      <SpaceBetween size="m">
        <Header variant={variant}>{props.header}</Header>
        <ErrorAlert error={loaded.error} />
      </SpaceBetween>
    );
  }
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
      {...(props.shownAtFirst ? { columnDisplay: display } : {})}
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
          variant={variant}
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
          preferences={{ pageSize, ...(props.shownAtFirst ? { contentDisplay: display } : {}) }}
          {...(props.shownAtFirst
            ? {
                contentDisplayPreference: {
                  title: t.list.columns,
                  options: columns.map(({ id, header }, index) => ({
                    id: id ?? '',
                    label: typeof header === 'string' ? header : (id ?? ''),
                    alwaysVisible: index === 0,
                  })),
                },
              }
            : {})}
          pageSizePreference={{
            title: t.list.pageSize,
            options: [10, 20, 50, 100].map((value) => ({ value, label: t.list.items(value) })),
          }}
          onConfirm={({ detail }) => {
            const size = detail.pageSize ?? 20;
            localStorage.setItem(`tabard-page-size-${name}`, String(size));
            setPageSize(size);
            if (detail.contentDisplay) setDisplay(detail.contentDisplay);
          }}
        />
      }
    />
    </SpaceBetween>
  );
}
