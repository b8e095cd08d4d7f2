/** A policy as data: what the visual side changes and the summary counts. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Statement = Record<string, Json>;

export interface Document {
  Version?: string;
  Id?: string;
  Statement: Statement[];
}

export const asList = (value: Json | undefined): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');

const isObject = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The document that a text is, undefined where it can not be read as one. */
export function parse(text: string): Document | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (!isObject(value)) return undefined;
    const given = value.Statement;
    const statements = given === undefined ? [] : Array.isArray(given) ? given : [given];
    if (!statements.every(isObject)) return undefined;
    return { ...(value as unknown as Document), Statement: statements };
  } catch {
    return undefined;
  }
}

export const write = (document: Document): string => JSON.stringify(document, null, 2);

/** One text stands alone, several in a list, none not at all. */
export function withTexts(statement: Statement, name: string, values: string[]): Statement {
  return { ...statement, [name]: values.length === 1 ? (values[0] ?? '') : values };
}

/** Put one element under its opposite's name, where it stood before. */
export function renamed(statement: Statement, from: string, to: string): Statement {
  return Object.fromEntries(Object.entries(statement).map(([name, value]) => [name === from ? to : name, value]));
}

export interface Row {
  operator: string;
  key: string;
  value: string;
}

/** A Condition block as rows of one value each. */
export function rowsOf(condition: Json | undefined): Row[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([operator, keys]) =>
    isObject(keys)
      ? Object.entries(keys).flatMap(([key, values]) =>
          (Array.isArray(values) ? values : [values]).map((value) => ({ operator, key, value: typeof value === 'string' ? value : JSON.stringify(value) })),
        )
      : [],
  );
}

/** Rows as a Condition block: the same operator and key take their values together. */
export function conditionOf(rows: Row[]): { [name: string]: Json } {
  const block: Record<string, Record<string, string[]>> = {};
  for (const { operator, key, value } of rows) {
    const keys = (block[operator] ??= {});
    (keys[key] ??= []).push(value);
  }
  return Object.fromEntries(
    Object.entries(block).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values])),
    ]),
  );
}

export interface Named {
  kind: string;
  value: string;
}

/** A Principal element as kinds and values; `*` alone is the kind `*`. */
export function principalsOf(principal: Json | undefined): Named[] {
  if (principal === '*') return [{ kind: '*', value: '*' }];
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, values]) => asList(values).map((value) => ({ kind, value })));
}

export function principalOf(named: Named[]): Json {
  if (named.some(({ kind }) => kind === '*')) return '*';
  const found: Record<string, string[]> = {};
  for (const { kind, value } of named) (found[kind] ??= []).push(value);
  return Object.fromEntries(Object.entries(found).map(([kind, values]) => [kind, values.length === 1 ? (values[0] ?? '') : values]));
}

export function matcher(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  return (name) => expression.test(name);
}
