/** What the lists of users, groups and roles have in common: details asked for as rows come into view, and deleting one or several. */
import Box from '@cloudscape-design/components/box';
import { startTransition, useCallback, useRef, useState } from 'react';
import { navigate } from '../routing';
import { Confirm, useFlash } from '../shell/parts';
import { t } from '../strings';

/**
 * What a list's own call does not tell, asked for once for each row on the screen; both functions must be stable.
 * `refused` names the rows for which nothing is told, mostly because one may not ask.
 */
export function useDetails<Item, Detail>(nameOf: (item: Item) => string, ask: (item: Item) => Promise<Detail>) {
  const [details, setDetails] = useState<Record<string, Detail>>({});
  const [refused, setRefused] = useState<Record<string, boolean>>({});
  const asked = useRef(new Set<string>());
  const shown = useRef<readonly Item[]>([]);
  const onVisible = useCallback(
    (visible: readonly Item[]) => {
      shown.current = visible;
      for (const item of visible) {
        const name = nameOf(item);
        if (!name || asked.current.has(name)) continue;
        asked.current.add(name);
        // a row's detail may wait for its turn: twenty answers at once are drawn together, and hold up nothing that one does
        ask(item).then(
          (detail) => startTransition(() => setDetails((old) => ({ ...old, [name]: detail }))),
          () => startTransition(() => setRefused((old) => ({ ...old, [name]: true }))),
        );
      }
    },
    [nameOf, ask],
  );
  const again = useCallback(() => {
    asked.current.clear();
    setRefused({});
    onVisible(shown.current);
  }, [onVisible]);
  return { details, refused, onVisible, again };
}

interface Words {
  deleteHeader: (name: string) => string;
  deleteWarning: string;
}

interface DeleteOneProps {
  name: string;
  words: Words & { deleted: (name: string) => string };
  commands: string[];
  remove: () => Promise<void>;
  /** The list that is shown when it is gone. */
  list: string;
  onDismiss: () => void;
}

/** Ask on a thing's own page for its name, then delete it and go back to the list. */
export function DeleteOne({ name, words, commands, remove, list, onDismiss }: DeleteOneProps) {
  const { push } = useFlash();
  return (
    <Confirm
      header={words.deleteHeader(name)}
      word={name}
      button={t.delete}
      commands={commands}
      onDismiss={onDismiss}
      onConfirm={async () => {
        await remove();
        push('success', words.deleted(name));
        navigate(list);
      }}
    >
      <Box>{words.deleteWarning}</Box>
    </Confirm>
  );
}

interface DeleteSeveralProps {
  names: readonly string[];
  words: Words & { deleteSeveral: (count: number) => string };
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
