/** JSON with its places: what a policy's text says and where, also while it is being written. */
import { t } from '../../strings';

const s = t.iam.editor.json;

export interface Problem {
  from: number;
  to: number;
  severity: 'error' | 'warning' | 'info';
  message: string;
}

export interface Member {
  key: string;
  keyFrom: number;
  keyTo: number;
  value: Node;
}

export type Node = { from: number; to: number } & (
  | { kind: 'object'; members: Member[] }
  | { kind: 'array'; items: Node[] }
  | { kind: 'string'; value: string }
  | { kind: 'other'; value: number | boolean | null }
);

export class SyntaxProblem extends Error {
  constructor(
    message: string,
    readonly from: number,
    readonly to: number,
  ) {
    super(message);
  }
}

const LITERALS: [string, boolean | null][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): Node {
    this.space();
    const node = this.value();
    this.space();
    if (this.at < this.text.length) this.fail(s.afterEnd);
    return node;
  }

  private fail(message: string, from = this.at, to = Math.min(this.text.length, this.at + 1)): never {
    throw new SyntaxProblem(message, Math.min(from, this.text.length), Math.max(to, from));
  }

  private space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++;
  }

  private value(): Node {
    const character = this.text[this.at];
    if (character === '{') return this.object();
    if (character === '[') return this.array();
    if (character === '"') return this.string();
    const from = this.at;
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, from)) {
        this.at += word.length;
        return { kind: 'other', value, from, to: this.at };
      }
    }
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = from;
    const found = number.exec(this.text);
    if (!found) this.fail(character === undefined ? s.endsEarly : s.noValue);
    this.at += found[0].length;
    return { kind: 'other', value: Number(found[0]), from, to: this.at };
  }

  private string(): Node & { kind: 'string' } {
    const from = this.at++;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined || character === '\n') this.fail(s.notClosed, from, this.at);
      this.at++;
      if (character === '\\') this.at++;
      if (character === '"') break;
    }
    try {
      return { kind: 'string', value: JSON.parse(this.text.slice(from, this.at)) as string, from, to: this.at };
    } catch {
      return this.fail(s.badCharacter, from, this.at);
    }
  }

  private object(): Node {
    const from = this.at++;
    const members: Member[] = [];
    this.space();
    if (this.text[this.at] === '}') return { kind: 'object', members, from, to: ++this.at };
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail(this.text[this.at] === '}' ? s.commaTooMany : s.noName);
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') this.fail(s.noColon);
      this.at++;
      this.space();
      members.push({ key: key.value, keyFrom: key.from, keyTo: key.to, value: this.value() });
      this.space();
      if (this.text[this.at] === '}') return { kind: 'object', members, from, to: ++this.at };
      if (this.text[this.at] !== ',') this.fail(s.noComma('}'));
      this.at++;
    }
  }

  private array(): Node {
    const from = this.at++;
    const items: Node[] = [];
    this.space();
    if (this.text[this.at] === ']') return { kind: 'array', items, from, to: ++this.at };
    for (;;) {
      this.space();
      if (this.text[this.at] === ']') this.fail(s.commaTooMany);
      items.push(this.value());
      this.space();
      if (this.text[this.at] === ']') return { kind: 'array', items, from, to: ++this.at };
      if (this.text[this.at] !== ',') this.fail(s.noComma(']'));
      this.at++;
    }
  }
}

/** The text as a tree; raises `SyntaxProblem` with its place. */
export function read(text: string): Node {
  return new Reader(text).document();
}

export function member(node: Node | undefined, key: string): Member | undefined {
  return node?.kind === 'object' ? node.members.find((each) => each.key === key) : undefined;
}

/** A node as a list: an array's items, or itself. */
export function listed(node: Node | undefined): Node[] {
  if (!node) return [];
  return node.kind === 'array' ? node.items : [node];
}

/** The statements of a document, whether it holds one or a list. */
export function statementsOf(document: Node | undefined): Node[] {
  return listed(member(document, 'Statement')?.value);
}
