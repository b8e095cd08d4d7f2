/**
 * IAM's policy grammar, told at the place it is broken while one types. What IAM itself says on saving stays the last word.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { t } from '../../strings';
import { keyKnown, type Reference } from './reference';
import { listed, member, type Node, type Problem, read, statementsOf, SyntaxProblem } from './tree';

const s = t.iam.editor.problems;

/** Which policies a text may be: what it must and must not hold differs. */
export type Kind = 'identity' | 'trust' | 'resource';

export const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
const OPPOSITES = [
  ['Action', 'NotAction'],
  ['Resource', 'NotResource'],
  ['Principal', 'NotPrincipal'],
] as const;
export const PRINCIPALS = ['AWS', 'Service', 'Federated', 'CanonicalUser'];
export const OPERATORS = [
  ...['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'].map((each) => `String${each}`),
  ...['Numeric', 'Date'].flatMap((type) =>
    ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map((each) => type + each),
  ),
  'Bool',
  'BinaryEquals',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnLike',
  'ArnNotEquals',
  'ArnNotLike',
  'Null',
];
const OPERATOR = new RegExp(`^(?:ForAllValues:|ForAnyValue:)?(?:(?:${OPERATORS.slice(0, -1).join('|')})(?:IfExists)?|Null)$`, 'i');
const PARTITIONS = /^(?:aws|aws-cn|aws-us-gov|aws-iso(?:-[bef])?|aws-eusc|\*)$/;

/** Every problem of a text; `found` is the reference, whose services are asked for by `needed` when they are missing. */
export function lint(text: string, kind: Kind, found?: Reference, needed?: (service: string) => void): Problem[] {
  try {
    return new Linter(kind, found, needed).document(read(text));
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return [{ from: error.from, to: error.to, severity: 'error', message: error.message }];
  }
}

class Linter {
  private readonly problems: Problem[] = [];

  constructor(
    private readonly kind: Kind,
    private readonly found: Reference | undefined,
    private readonly needed: ((service: string) => void) | undefined,
  ) {}

  private tell({ from, to }: { from: number; to: number }, message: string, severity: Problem['severity'] = 'error'): void {
    this.problems.push({ from, to, severity, message });
  }

  document(node: Node): Problem[] {
    if (node.kind !== 'object') {
      this.tell(node, s.notObject);
      return this.problems;
    }
    this.names(node, ['Version', 'Id', 'Statement']);
    const version = member(node, 'Version');
    const value = version?.value.kind === 'string' ? version.value.value : undefined;
    if (version && value !== '2012-10-17' && value !== '2008-10-17') this.tell(version.value, s.version);
    else if (value !== '2012-10-17') {
      const place = version?.value ?? { from: node.from, to: node.from + 1 };
      this.tell(place, s.oldVersion, this.kind === 'identity' ? 'error' : 'warning');
    }
    const statement = member(node, 'Statement');
    if (!statement) this.tell({ from: node.from, to: node.from + 1 }, s.missing('Statement'));
    else if (listed(statement.value).length === 0) this.tell(statement.value, s.noStatement);
    const sids = new Set<string>();
    for (const each of statementsOf(node)) this.statement(each, sids);
    return this.problems;
  }

  private names(node: Node & { kind: 'object' }, allowed: readonly string[]): void {
    const seen = new Set<string>();
    for (const { key, keyFrom, keyTo } of node.members) {
      const place = { from: keyFrom, to: keyTo };
      if (!allowed.includes(key)) {
        const meant = allowed.find((each) => each.toLowerCase() === key.toLowerCase());
        this.tell(place, meant ? s.spelling(key, meant) : s.unknown(key));
      }
      if (seen.has(key)) this.tell(place, s.twice(key));
      seen.add(key);
    }
  }

  private statement(node: Node, sids: Set<string>): void {
    if (node.kind !== 'object') return this.tell(node, s.statementObject);
    const start = { from: node.from, to: node.from + 1 };
    this.names(node, ELEMENTS);
    const has = (name: string) => member(node, name) !== undefined;
    for (const [one, other] of OPPOSITES) {
      const second = member(node, other);
      if (has(one) && second) this.tell({ from: second.keyFrom, to: second.keyTo }, s.both(one, other));
    }
    const sid = member(node, 'Sid')?.value;
    if (sid?.kind === 'string') {
      if (sid.value && sids.has(sid.value)) this.tell(sid, s.sidTwice(sid.value));
      sids.add(sid.value);
      if (this.kind !== 'resource' && !/^[0-9A-Za-z]*$/.test(sid.value)) this.tell(sid, s.sid);
    } else if (sid) this.tell(sid, s.text('Sid'));
    const effect = member(node, 'Effect')?.value;
    if (!effect) this.tell(start, s.missing('Effect'));
    else if (effect.kind !== 'string' || !['Allow', 'Deny'].includes(effect.value)) this.tell(effect, s.effect);
    if (!has('Action') && !has('NotAction')) this.tell(start, s.missing('Action'));
    this.principals(node, start);
    this.resources(node, start);
    for (const name of ['Action', 'NotAction']) {
      for (const each of this.texts(node, name)) this.action(each);
    }
    const condition = member(node, 'Condition')?.value;
    if (condition) this.condition(condition);
  }

  /** The texts of an element, having told of what is none. */
  private texts(node: Node, name: string): (Node & { kind: 'string' })[] {
    const value = member(node, name)?.value;
    const items = listed(value);
    if (value?.kind === 'array' && items.length === 0) this.tell(value, s.emptyList(name));
    return items.filter((each): each is Node & { kind: 'string' } => {
      if (each.kind !== 'string') this.tell(each, s.text(name));
      return each.kind === 'string';
    });
  }

  private principals(node: Node, start: { from: number; to: number }): void {
    const found = [member(node, 'Principal'), member(node, 'NotPrincipal')].filter((each) => each !== undefined);
    if (this.kind === 'identity') {
      for (const { keyFrom, keyTo } of found) this.tell({ from: keyFrom, to: keyTo }, s.noPrincipal);
      return;
    }
    if (found.length === 0) this.tell(start, s.missing('Principal'));
    for (const { value } of found) {
      if (value.kind === 'string') {
        if (value.value !== '*') this.tell(value, s.principal);
        else if (this.kind === 'trust' && !member(node, 'Condition')) this.tell(value, s.anyone, 'warning');
      } else if (value.kind === 'object') {
        if (value.members.length === 0) this.tell(value, s.principal);
        this.names(value, PRINCIPALS);
        for (const { key } of value.members) {
          for (const each of this.texts(value, key)) this.principal(key, each);
        }
      } else this.tell(value, s.principal);
    }
  }

  private principal(kind: string, node: Node & { kind: 'string' }): void {
    const { value } = node;
    if (kind === 'AWS' && value !== '*') {
      if (!/^(?:\d{12}|arn:aws[a-z-]*:(?:iam|sts)::\d{12}:.+|arn:aws[a-z-]*:iam::cloudfront:.+|A[A-Z0-9]{15,})$/.test(value)) this.tell(node, s.awsPrincipal(value));
      else if (/[*?]/.test(value)) this.tell(node, s.wildPrincipal);
    } else if (kind === 'Service' && !/^[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)$/.test(value)) {
      this.tell(node, s.servicePrincipal(value));
    }
  }

  private resources(node: Node, start: { from: number; to: number }): void {
    const found = [member(node, 'Resource'), member(node, 'NotResource')].filter((each) => each !== undefined);
    if (this.kind === 'trust') {
      for (const { keyFrom, keyTo } of found) this.tell({ from: keyFrom, to: keyTo }, s.noResource);
      return;
    }
    if (found.length === 0) this.tell(start, s.missing('Resource'));
    for (const name of ['Resource', 'NotResource']) {
      for (const each of this.texts(node, name)) this.resource(each);
    }
  }

  private resource(node: Node & { kind: 'string' }): void {
    const { value } = node;
    if (value === '*') return;
    const [head = '', partition = '', service = '', region = ''] = value.split(':');
    if (!value.includes(':') || head !== 'arn') return this.tell(node, s.resource(value));
    if (!PARTITIONS.test(partition)) return this.tell(node, s.partition(partition));
    if (!service || /[*?]/.test(service)) return this.tell(node, s.resourceService);
    if (service === 'iam' && region) return this.tell(node, s.iamRegion);
    const colons = value.split(':').length;
    if (colons < 6 && !value.endsWith('*')) this.tell(node, s.shortArn, 'warning');
  }

  private action(node: Node & { kind: 'string' }): void {
    const { value } = node;
    if (value === '*') return;
    const [service = '', name = '', ...more] = value.split(':');
    if (!value.includes(':')) return this.tell(node, s.vendor);
    if (more.length) return this.tell(node, s.oneColon);
    if (!/^[A-Za-z0-9._-]+$/.test(service)) return this.tell(node, s.badVendor(service));
    if (this.kind === 'trust' && service.toLowerCase() !== 'sts') return this.tell(node, s.stsOnly);
    if (!this.found) return;
    if (!this.found.isService(service)) return this.tell(node, s.unknownService(service), 'warning');
    const known = this.found.loaded(service);
    if (!known) return this.needed?.(service.toLowerCase());
    if (/[*?]/.test(name)) {
      const pattern = new RegExp(`^${name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
      if (!known.actions.some((action) => pattern.test(action.name))) this.tell(node, s.matchesNothing(value), 'warning');
    } else if (!known.action(name)) this.tell(node, s.unknownAction(value), 'warning');
  }

  private condition(node: Node): void {
    if (node.kind !== 'object') return this.tell(node, s.conditionObject);
    for (const { key, keyFrom, keyTo, value } of node.members) {
      if (!OPERATOR.test(key)) this.tell({ from: keyFrom, to: keyTo }, s.operator(key));
      if (value.kind !== 'object') {
        this.tell(value, s.conditionKeys(key));
        continue;
      }
      for (const entry of value.members) {
        if (!entry.key.includes(':')) this.tell({ from: entry.keyFrom, to: entry.keyTo }, s.keyVendor, 'warning');
        else if (this.found && keyKnown(this.found, entry.key, this.needed) === false) {
          this.tell({ from: entry.keyFrom, to: entry.keyTo }, s.unknownKey(entry.key), 'warning');
        }
        for (const each of listed(entry.value)) {
          if (each.kind === 'object' || each.kind === 'array') this.tell(each, s.conditionValue);
          else if (each.kind === 'string') this.value(key, each);
        }
      }
    }
  }

  private value(operator: string, node: Node & { kind: 'string' }): void {
    const name = operator.split(':').pop() ?? '';
    const { value } = node;
    if (/^Date/i.test(name) && !/^-?\d+$/.test(value) && Number.isNaN(Date.parse(value))) this.tell(node, s.date(value));
    if (/^Numeric/i.test(name) && !value.includes('${') && (value.trim() === '' || Number.isNaN(Number(value)))) this.tell(node, s.number(value), 'warning');
    if (/^(?:Bool|Null)/i.test(name) && !/^(?:true|false)$/i.test(value) && !value.includes('${')) this.tell(node, s.bool(value), 'warning');
    if (/IpAddress/i.test(name) && !/^[0-9a-f.:]+(?:\/\d{1,3})?$/i.test(value) && !value.includes('${')) this.tell(node, s.address(value), 'warning');
  }
}
