/** What the editor makes of a policy's text: its places, its problems, its data, and what may stand at the cursor. */
import { CompletionContext } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { ensureSyntaxTree } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { completions } from './complete';
import { type Kind, lint } from './lint';
import { conditionOf, matcher, parse, principalOf, principalsOf, renamed, rowsOf, withTexts, write } from './model';
import { Reference } from './reference';
import { placeOfRefusal } from './refusal';
import { member, read, statementsOf } from './tree';

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const policy = (...statements: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const reference = new Reference(
  [
    { prefix: 's3', title: 'Amazon S3' },
    { prefix: 'sts', title: 'AWS STS' },
  ],
  [{ name: 'aws:SourceIp', type: 'IPAddress' }],
);

/** Each problem as the text that it marks and what is said of it. */
const told = (text: string, kind: Kind = 'identity') => lint(text, kind, reference).map(({ from, to, message }) => [text.slice(from, to), message]);

describe('the places of a text', () => {
  it('are where the values stand', () => {
    const text = '{ "Statement": { "Sid": "a\\u0062" } }';
    const [statement] = statementsOf(read(text));
    const sid = member(statement, 'Sid')?.value;
    expect(sid).toMatchObject({ kind: 'string', value: 'ab' });
    expect(text.slice(sid?.from, sid?.to)).toBe('"a\\u0062"');
  });

  it.each([
    ['{"a": 1', 'A comma or } is missing here.'],
    ['{"a": [1 2]}', 'A comma or ] is missing here.'],
    ['{"a": 1,}', 'There is a comma too many before this.'],
    ['{"a" 1}', 'A colon is missing here.'],
    ['{"a": "b\n"}', 'This text is not closed by a quote.'],
    ['{"a": }', 'A value is missing here.'],
    ['{} x', 'Nothing may follow the closing brace.'],
    ['', 'The text ends too early.'],
  ])('%s can not be read: %s', (text, message) => {
    expect(lint(text, 'identity')).toMatchObject([{ severity: 'error', message }]);
  });
});

describe('problems', () => {
  it('are none where there are none', () => {
    expect(told(policy(ALLOW))).toEqual([]);
    expect(told(policy({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }), 'trust')).toEqual([]);
  });

  it.each<[string, unknown, Kind, string, RegExp]>([
    ['a wrong spelling', { ...ALLOW, effect: 'Allow' }, 'identity', '"effect"', /written Effect/],
    ['a wrong effect', { ...ALLOW, Effect: 'allow' }, 'identity', '"allow"', /in this spelling/],
    ['a principal in an identity’s policy', { ...ALLOW, Principal: '*' }, 'identity', '"Principal"', /names no principal/],
    ['no principal in a trust policy', { Effect: 'Allow', Action: 'sts:AssumeRole' }, 'trust', '{', /Principal is missing/],
    ['a resource in a trust policy', { ...ALLOW, Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } }, 'trust', '"Resource"', /names no resource/],
    ['a foreign action in a trust policy', { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 's3:GetObject' }, 'trust', '"s3:GetObject"', /STS actions alone/],
    ['anyone', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }, 'trust', '"*"', /Anyone at all/],
    ['an action without its service', { ...ALLOW, Action: 'GetObject' }, 'identity', '"GetObject"', /begins with its service/],
    ['a service that nobody knows', { ...ALLOW, Action: 's33:GetObject' }, 'identity', '"s33:GetObject"', /no service s33/],
    ['what is no ARN', { ...ALLOW, Resource: 'bucket' }, 'identity', '"bucket"', /is no ARN/],
    ['a region in an ARN of IAM', { ...ALLOW, Resource: 'arn:aws:iam:us-east-1:123456789012:role/x' }, 'identity', '"arn:aws:iam:us-east-1:123456789012:role/x"', /no region/],
    ['an operator that is none', { ...ALLOW, Condition: { StringIs: { 'aws:SourceIp': 'x' } } }, 'identity', '"StringIs"', /no condition operator/],
    ['an address that is none', { ...ALLOW, Condition: { IpAddress: { 'aws:SourceIp': 'home' } } }, 'identity', '"home"', /no address/],
    ['a key that is not documented', { ...ALLOW, Condition: { Bool: { 'aws:SourceIq': 'true' } } }, 'identity', '"aws:SourceIq"', /no condition key/],
    ['both of two opposites', { ...ALLOW, NotAction: 's3:*' }, 'identity', '"NotAction"', /not both/],
  ])('%s is told at its place', (_name, statement, kind, marked, message) => {
    expect(told(policy(statement), kind)).toContainEqual([marked, expect.stringMatching(message)]);
  });

  it('of two statements with one Sid are told at the second', () => {
    const text = policy({ ...ALLOW, Sid: 'A' }, { ...ALLOW, Sid: 'A' });
    const [problem] = lint(text, 'identity', reference);
    expect(problem?.from).toBe(text.lastIndexOf('"A"'));
  });

  it('that IAM tells are found in the text by what it quotes', () => {
    const text = policy({ ...ALLOW, Resource: 'nothing' });
    expect(placeOfRefusal('Resource nothing must be in ARN format or "*".', text)).toBe(text.indexOf('"nothing"'));
    expect(placeOfRefusal('Syntax errors in policy.', text)).toBeUndefined();
  });
});

describe('a policy as data', () => {
  it('takes one statement or several, and nothing else', () => {
    expect(parse(JSON.stringify({ Statement: ALLOW }))?.Statement).toEqual([ALLOW]);
    expect(parse('{"Statement": [1]}')).toBeUndefined();
    expect(parse('[]')).toBeUndefined();
    expect(parse('{')).toBeUndefined();
    expect(parse(write({ Version: '2012-10-17', Statement: [ALLOW] }))?.Statement).toEqual([ALLOW]);
  });

  it('writes one value alone and several in a list', () => {
    expect(withTexts(ALLOW, 'Action', ['s3:Get*'])).toEqual({ ...ALLOW, Action: 's3:Get*' });
    expect(withTexts(ALLOW, 'Action', ['a:b', 'c:d'])).toEqual({ ...ALLOW, Action: ['a:b', 'c:d'] });
    expect(Object.keys(renamed(ALLOW, 'Action', 'NotAction'))).toEqual(['Effect', 'NotAction', 'Resource']);
  });

  it('keeps conditions and principals on the way to rows and back', () => {
    const condition = { StringEquals: { 'aws:PrincipalTag/team': ['red', 'blue'], 'aws:RequestedRegion': 'eu-west-1' }, Bool: { 'aws:SecureTransport': 'true' } };
    expect(rowsOf(condition)).toHaveLength(4);
    expect(conditionOf(rowsOf(condition))).toEqual(condition);
    const principal = { AWS: ['111122223333', '444455556666'], Service: 'ec2.amazonaws.com' };
    expect(principalOf(principalsOf(principal))).toEqual(principal);
    expect(principalOf(principalsOf('*'))).toBe('*');
  });

  it('matches names by asterisks and question marks, whatever the case, and by nothing else', () => {
    const reads = matcher('get*');
    expect([reads('GetObject'), reads('PutObject')]).toEqual([true, false]);
    expect(matcher('Get?')('GetX')).toBe(true);
    expect(matcher('Get.')('GetX')).toBe(false);
  });
});

describe('completion', () => {
  /** What is offered where the | stands. */
  async function offered(marked: string, kind: Kind = 'identity'): Promise<string[]> {
    const place = marked.indexOf('|');
    const state = EditorState.create({ doc: marked.replace('|', ''), extensions: json() });
    ensureSyntaxTree(state, state.doc.length);
    const source = completions(kind, () => Promise.resolve(reference), '123456789012');
    const result = await source(new CompletionContext(state, place, true));
    return result?.options.map(({ label }) => label) ?? [];
  }

  it('knows the elements that a kind of policy has', async () => {
    expect(await offered('{"Statement": [{"|"}]}')).toContain('Resource');
    expect(await offered('{"Statement": [{"|"}]}')).not.toContain('Principal');
    expect(await offered('{"Statement": [{"|"}]}', 'trust')).not.toContain('Resource');
    expect(await offered('{"|"}')).toEqual(['Version', 'Id', 'Statement']);
  });

  it('knows effects, services, principals, operators and keys at their places', async () => {
    expect(await offered('{"Statement": [{"Effect": "|"}]}')).toEqual(['Allow', 'Deny']);
    expect(await offered('{"Statement": [{"Action": ["|"]}]}')).toEqual(['s3:', 'sts:']);
    expect(await offered('{"Statement": [{"Action": "|"}]}', 'trust')).toEqual(['sts:']);
    expect(await offered('{"Statement": [{"Principal": {"AWS": "|"}}]}', 'trust')).toContain('arn:aws:iam::123456789012:root');
    expect(await offered('{"Statement": [{"Condition": {"|"}}]}')).toContain('StringLike');
    expect(await offered('{"Statement": [{"Condition": {"StringLike": {"|"}}}]}')).toEqual(['aws:SourceIp']);
  });

  it('offers nothing where nothing may stand', async () => {
    expect(await offered('{"Statement": [|]}')).toEqual([]);
    expect(await offered('{"Statement": [{"Sid": "|"}]}')).toEqual([]);
  });
});
