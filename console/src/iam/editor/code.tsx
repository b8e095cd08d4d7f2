/**
 * The text of a policy, as one writes it. It stands in a shadow root, where its styles are sheets that the content security
 * policy need not allow inline.
 */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, forceLinting, linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { t } from '../../strings';
import { session } from '../../session';
import { completions } from './complete';
import { type Kind, lint } from './lint';
import { reference, type Reference } from './reference';
import type { Problem } from './tree';

export const look: Extension = [
  EditorView.theme({
    '&': { fontSize: '13px', color: 'light-dark(#0f141a, #dedee3)', backgroundColor: 'light-dark(#fff, #161d26)', maxHeight: '70vh' },
    '&.cm-focused': { outline: '2px solid light-dark(#006ce0, #42b4ff)' },
    '.cm-content': { fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace', caretColor: 'currentColor', minHeight: '10em', padding: '8px 0' },
    '.cm-gutters': { backgroundColor: 'light-dark(#f6f6f9, #1b232d)', color: 'light-dark(#5f6b7a, #a4a4ad)', border: 'none' },
    '.cm-activeLine': { backgroundColor: 'light-dark(#0000000a, #ffffff0d)' },
    '.cm-cursor': { borderLeftColor: 'currentColor' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'light-dark(#b8d9ff, #24507d)' },
    '.cm-matchingBracket': { backgroundColor: 'light-dark(#d7f0d8, #1f4a2c) !important', color: 'inherit !important' },
    '.cm-tooltip': { backgroundColor: 'light-dark(#fff, #1b232d)', color: 'inherit', border: '1px solid light-dark(#b4b4bb, #656871)', borderRadius: '6px', maxWidth: '90vw' },
    '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'inherit', maxHeight: '16em' },
    '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'light-dark(#006ce0, #42b4ff)', color: 'light-dark(#fff, #0f141a)' },
    '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.75' },
    '.cm-lit': { backgroundColor: 'light-dark(#fff3c4, #4d3c00)' },
    '.cm-lit-deny': { backgroundColor: 'light-dark(#ffdcdc, #5c1a1a)' },
    '.cm-changedLine': { backgroundColor: 'light-dark(#e9f5e9, #173a21) !important' },
    '.cm-deletedChunk': { backgroundColor: 'light-dark(#fdecec, #431a1a) !important' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.propertyName, color: 'light-dark(#0b4f9e, #8ec6ff)' },
      { tag: tags.string, color: 'light-dark(#1c6b2a, #7fd992)' },
      { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#8a3200, #ffb27a)' },
    ]),
  ),
];

export interface Lit {
  from: number;
  to: number;
  deny: boolean;
}

const setLit = StateEffect.define<Lit[]>();
const lit = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setLit)) continue;
      const { doc } = transaction.state;
      const lines = new Map<number, boolean>();
      for (const { from, to, deny } of effect.value) {
        const last = doc.lineAt(Math.min(to, doc.length)).number;
        for (let line = doc.lineAt(Math.min(from, doc.length)).number; line <= last; line++) lines.set(doc.line(line).from, deny);
      }
      return Decoration.set(
        [...lines].sort(([a], [b]) => a - b).map(([from, deny]) => Decoration.line({ class: deny ? 'cm-lit-deny' : 'cm-lit' }).range(from)),
      );
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

interface CodeProps {
  label: string;
  text: string;
  kind?: Kind;
  onChange?: (text: string) => void;
  onProblems?: (problems: Problem[]) => void;
  /** Statements to light, by their places in the text. */
  lit?: Lit[];
  /** Where to put the cursor; a new object moves it again. */
  goTo?: { from: number } | undefined;
}

/** An element whose shadow holds the editor; `make` is called once. */
export function useShadowed(make: (root: ShadowRoot) => () => void) {
  const host = useRef<HTMLDivElement>(null);
  const first = useRef(make);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    return first.current(root);
  }, []);
  return host;
}

export default function Code({ label, text, kind = 'identity', onChange, onProblems, lit: shown, goTo }: CodeProps) {
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, onProblems, kind, text });
  latest.current = { onChange, onProblems, kind, text };
  const labels = useRef(new Compartment());
  /** What was told upwards and has not come back yet, oldest first. */
  const told = useRef<string[]>([]);
  const host = useShadowed((root) => {
    let found: Reference | undefined;
    const again = () => view.current && forceLinting(view.current);
    const check = (): Diagnostic[] => {
      const { state } = made;
      const needed = (service: string) => void found?.service(service).then((here) => here && recheck());
      const problems = lint(state.doc.toString(), latest.current.kind, found, needed);
      latest.current.onProblems?.(problems);
      return problems.map((each) => ({ ...each, to: Math.min(state.doc.length, Math.max(each.to, each.from)) }));
    };
    // the linter asks again only when something changed: an effect without meaning is such a change
    const recheck = () => {
      view.current?.dispatch({ effects: nudge.of(null) });
      again();
    };
    const editable = latest.current.onChange !== undefined;
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          json(),
          look,
          lit,
          bracketMatching(),
          EditorView.lineWrapping,
          drawSelection(),
          labels.current.of(EditorView.contentAttributes.of({ 'aria-label': label })),
          EditorState.phrases.of(t.iam.editor.phrases),
          editable
            ? [
                history(),
                indentOnInput(),
                closeBrackets(),
                highlightActiveLine(),
                lintGutter(),
                linter(check, { delay: 300, needsRefresh: (update) => update.transactions.some((each) => each.effects.some((effect) => effect.is(nudge))) }),
                autocompletion({ override: [completions(latest.current.kind, reference, session().account)], icons: false, activateOnTypingDelay: 50 }),
                keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap]),
                EditorView.updateListener.of((update) => {
                  if (!update.docChanged || update.transactions.some((each) => each.annotation(fromOutside))) return;
                  const now = update.state.doc.toString();
                  if (now === latest.current.text) told.current = [];
                  else told.current.push(now);
                  latest.current.onChange?.(now);
                }),
              ]
            : [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-readonly': 'true', tabindex: '0' }), EditorView.editable.of(false)],
        ],
      }),
    });
    view.current = made;
    if (editable) {
      reference().then(
        (here) => {
          found = here;
          recheck();
        },
        () => undefined, // the grammar is checked without it
      );
    }
    return () => {
      made.destroy();
      view.current = null;
    };
  });
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    // a text that this editor told comes back as `text` a moment later, when one may have typed on: it is no news
    const echo = told.current.lastIndexOf(text);
    told.current = echo < 0 ? [] : told.current.slice(echo + 1);
    if (echo >= 0) return;
    const now = made.state.doc.toString();
    if (now !== text) made.dispatch({ changes: { from: 0, to: now.length, insert: text }, annotations: fromOutside.of(true) });
  }, [text]);
  const places = JSON.stringify(shown ?? []);
  useEffect(() => {
    const [first, ...more] = JSON.parse(places) as NonNullable<typeof shown>;
    view.current?.dispatch({
      effects: [setLit.of(first ? [first, ...more] : []), ...(first ? [EditorView.scrollIntoView(Math.min(first.from, view.current.state.doc.length), { y: 'center' })] : [])],
    });
  }, [places, text]);
  useEffect(() => {
    const made = view.current;
    if (!made || !goTo) return;
    made.dispatch({ selection: { anchor: Math.min(goTo.from, made.state.doc.length) }, scrollIntoView: true });
    made.focus();
  }, [goTo]);
  return <div ref={host} className="code" />;
}

const nudge = StateEffect.define();
/** Marks a change that came from `text`, not from who types. */
const fromOutside = Annotation.define<boolean>();
