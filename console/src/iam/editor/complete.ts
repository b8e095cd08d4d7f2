/** What may stand where the cursor is: elements, actions, resources, operators and condition keys. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';
import { type Kind, ELEMENTS, OPERATORS, PRINCIPALS } from './lint';
import type { Action, Key, Reference, Service } from './reference';
import { listed, member, type Node, read, statementsOf } from './tree';

interface Place {
  /** The names around the cursor, outermost first; lists and the statement's number are left out. */
  path: string[];
  /** Whether a name is being written, rather than a value. */
  isName: boolean;
  from: number;
  to: number;
}

function nameOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild('PropertyName');
  if (!name) return '';
  try {
    return JSON.parse(state.sliceDoc(name.from, name.to)) as string;
  } catch {
    return '';
  }
}

function placeOf(context: CompletionContext): Place | undefined {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  if (node.name !== 'String' && node.name !== 'PropertyName') return undefined;
  if (context.pos <= node.from) return undefined;
  const path: string[] = [];
  for (let each: SyntaxNode | null = node; each; each = each.parent) {
    // the name that is being written is none of those around it
    if (each.name === 'Property' && !(node.name === 'PropertyName' && each.from === node.from)) path.unshift(nameOf(context.state, each));
  }
  const closed = node.to > node.from + 1 && context.state.sliceDoc(node.to - 1, node.to) === '"';
  return { path, isName: node.name === 'PropertyName', from: node.from + 1, to: closed ? node.to - 1 : node.to };
}

const options = (labels: readonly string[], type = 'keyword'): Completion[] => labels.map((label) => ({ label, type }));
const keyOption = ({ name, type }: Key): Completion => ({ label: name, detail: type, type: 'property' });
const actionOption = (prefix: string, { name, level }: Action): Completion => ({ label: `${prefix}:${name}`, detail: level, type: 'function' });

/** The statement that a place of the text lies in, where the text can be read. */
function statementAt(text: string, place: number): Node | undefined {
  try {
    return statementsOf(read(text)).find(({ from, to }) => from <= place && place <= to);
  } catch {
    return undefined;
  }
}

/** The actions of a statement that can be read, as `[service, name]`. */
function actionsOf(text: string, place: number): [string, string][] {
  let found = listed(member(statementAt(text, place), 'Action')?.value).flatMap((each) => (each.kind === 'string' ? [each.value] : []));
  if (found.length === 0) found = [...text.matchAll(/"([a-z0-9-]+:[A-Za-z*?]*)"/g)].map((match) => match[1] ?? '');
  return found.map((each) => {
    const [service = '', name = ''] = each.split(':');
    return [service.toLowerCase(), name];
  });
}

async function servicesOf(found: Reference, text: string, place: number): Promise<[Service, Action[]][]> {
  const wanted = actionsOf(text, place);
  const services = await Promise.all([...new Set(wanted.map(([service]) => service))].map((each) => found.service(each)));
  return services
    .filter((each) => each !== undefined)
    .map((service) => {
      const names = wanted.filter(([prefix]) => prefix === service.prefix).map(([, name]) => name);
      const chosen = names.flatMap((name) => service.action(name) ?? []);
      return [service, chosen.length === names.length ? chosen : service.actions];
    });
}

/** An ARN of the reference as one writes it: the partition and account filled in, the rest for the writer. */
function arnOption(arn: string, account: string): string {
  return arn
    .replace('${Partition}', 'aws')
    .replace('${Account}', account)
    .replace('${Region}', '*')
    .replace(/\$\{[^}]+\}/g, '*');
}

/** A completion source for policies of one kind in one account. */
export function completions(kind: Kind, reference: () => Promise<Reference>, account: string) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const place = placeOf(context);
    if (!place) return null;
    const { path, isName, from, to } = place;
    const result = (found: Completion[], validFor = /^[^"]*$/): CompletionResult => ({ from, to, options: found, validFor });
    const last = path.at(-1) ?? '';
    if (isName) {
      if (path.length === 0) return result(options(['Version', 'Id', 'Statement']));
      if (path.length === 1) return result(options(ELEMENTS.filter((each) => !absent(kind).includes(each))));
      if (last === 'Principal' || last === 'NotPrincipal') return result(options(PRINCIPALS));
      if (last === 'Condition') return result(options([...OPERATORS, 'ForAnyValue:StringEquals', 'ForAnyValue:StringLike', 'ForAllValues:StringEquals', 'ForAllValues:StringLike']));
      if (path.at(-2) === 'Condition') return keys(await reference(), context, result);
      return null;
    }
    if (last === 'Version') return result(options(['2012-10-17']));
    if (last === 'Effect') return result(options(['Allow', 'Deny']));
    if (last === 'Action' || last === 'NotAction') return actions(await reference(), context, from, result, kind);
    if (last === 'Resource' || last === 'NotResource') return resources(await reference(), context, account, result);
    if (last === 'Service') return result(options(['ec2', 'lambda', 'ecs-tasks', 's3', 'cloudtrail'].map((each) => `${each}.amazonaws.com`)));
    if (last === 'AWS') return result(options([`arn:aws:iam::${account}:root`, `arn:aws:iam::${account}:role/`, `arn:aws:iam::${account}:user/`, '*'], 'text'));
    return null;
  };
}

function absent(kind: Kind): string[] {
  if (kind === 'identity') return ['Principal', 'NotPrincipal'];
  return kind === 'trust' ? ['Resource', 'NotResource'] : [];
}

type Result = (found: Completion[], validFor?: RegExp) => CompletionResult;

async function actions(found: Reference, context: CompletionContext, from: number, result: Result, kind: Kind) {
  const typed = context.state.sliceDoc(from, context.pos);
  const [prefix, name] = typed.split(':');
  if (name === undefined) {
    const shown = kind === 'trust' ? found.services.filter((each) => each.prefix === 'sts') : found.services;
    return result(
      shown.map(({ prefix: service, title }) => ({ label: `${service}:`, detail: title, type: 'namespace', apply: applyService })),
      /^[^":]*$/,
    );
  }
  const service = await found.service(prefix ?? '');
  if (!service) return null;
  return result([{ label: `${service.prefix}:*`, detail: service.title, type: 'function' }, ...service.actions.map((each) => actionOption(service.prefix, each))]);
}

/** Put the service and ask again for its actions. */
const applyService: Completion['apply'] = (view, completion, from, to) => {
  view.dispatch({ changes: { from, to, insert: completion.label }, selection: { anchor: from + completion.label.length } });
  void import('@codemirror/autocomplete').then(({ startCompletion }) => startCompletion(view));
};

async function resources(found: Reference, context: CompletionContext, account: string, result: Result) {
  const arns = new Map<string, string>();
  for (const [service, chosen] of await servicesOf(found, context.state.doc.toString(), context.pos)) {
    const about = chosen.flatMap((each) => each.resources);
    for (const { name, arn } of about.length ? about : service.resources) arns.set(arnOption(arn, account), name);
  }
  return result([{ label: '*', type: 'text' }, ...[...arns].map(([label, detail]) => ({ label, detail, type: 'text' }))]);
}

async function keys(found: Reference, context: CompletionContext, result: Result) {
  const names = new Map(found.globalKeys.map((key) => [key.name, key]));
  for (const [service, chosen] of await servicesOf(found, context.state.doc.toString(), context.pos)) {
    for (const each of chosen.length === service.actions.length ? [service] : chosen) {
      for (const key of each.keys) names.set(key.name, key);
    }
  }
  return result([...names.values()].map(keyOption));
}
