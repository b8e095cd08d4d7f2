/** What the lists of users, groups and roles have in common: details asked for as rows come into view, and deleting several. */
import Box from '@cloudscape-design/components/box';
import { useCallback, useRef, useState } from 'react';
import { Confirm } from '../shell/parts';
import { t } from '../strings';

/** What a list's own call does not tell, asked for once for each row on the screen; both functions must be stable. */
export function useDetails<Item, Detail>(nameOf: (item: Item) => string, ask: (item: Item) => Promise<Detail>) {
  const [details, setDetails] = useState<Record<string, Detail>>({});
  const asked = useRef(new Set<string>());
  const onVisible = useCallback(
    (visible: readonly Item[]) => {
      for (const item of visible) {
        const name = nameOf(item);
        if (!name || asked.current.has(name)) continue;
        asked.current.add(name);
        ask(item).then(
          (detail) => setDetails((old) => ({ ...old, [name]: detail })),
          () => undefined,
        );
      }
    },
    [nameOf, ask],
  );
  const forget = useCallback(() => asked.current.clear(), []);
  return { details, onVisible, forget };
}

interface DeleteSeveralProps {
  names: readonly string[];
  words: { deleteHeader: (name: string) => string; deleteSeveral: (count: number) => string; deleteWarning: string };
  commands: (name: string) => string[];
  remove: (name: string) => Promise<void>;
  reload: () => Promise<void>;
  onDismiss: () => void;
  onDeleted: () => void;
}

/** Ask for one's name, or for a word when there are several, then delete them one after the other. */
export function DeleteSeveral({ names, words, commands, remove, reload, onDismiss, onDeleted }: DeleteSeveralProps) {
  const [only = ''] = names;
  return (
    <Confirm
      header={names.length === 1 ? words.deleteHeader(only) : words.deleteSeveral(names.length)}
      word={names.length === 1 ? only : t.confirm.delete}
      button={t.delete}
      commands={names.flatMap(commands)}
      onDismiss={onDismiss}
      onConfirm={async () => {
        try {
          for (const name of names) await remove(name);
        } finally {
          await reload();
        }
        onDeleted();
      }}
    >
      {names.length > 1 && <Box>{names.join(', ')}</Box>}
      <Box>{words.deleteWarning}</Box>
    </Confirm>
  );
}
