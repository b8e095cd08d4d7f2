/** Asking the policy simulator, and finding the statements that it names in their documents. */
import {
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  GetGroupPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  type ContextEntry,
  type EvaluationResult,
  type Statement,
} from '@aws-sdk/client-iam';
import { all } from '../data';
import { getPolicy, getRole, iam, pretty } from './api';
import { asList } from './editor/model';
import { member, read, statementsOf } from './editor/tree';
import { attachedTo, type Identity, inlineOf } from './identity';
import { getUser, groupsOf } from './users-api';

/** A document that a simulation can name: by what it is called there, with the text that positions count in. */
export interface Source {
  ids: string[];
  title: string;
  layer: 'identity' | 'boundary' | 'resource';
  text: string;
  /** What was sent in place of the text, where that differs. */
  sent?: string;
}

export interface Question {
  /** Undefined: the given policies alone. */
  principal: { identity: Identity; arn: string } | undefined;
  policies: string[];
  actions: string[];
  resources: string[];
  resourcePolicy?: string;
  context: ContextEntry[];
  /** Where there is no principal: whom the resource's policy sees, and the boundary. */
  caller?: string;
  boundary?: string;
}

export interface Outcome {
  action: string;
  resource: string;
  decision: string;
  statements: Statement[];
  missing: string[];
  boundary: boolean | undefined;
  organizations: boolean | undefined;
  details: Record<string, string>;
}

/** What every action on every resource comes to; `sources` are the documents of the principal. */
export async function simulate(question: Question, sources: Source[]): Promise<Outcome[]> {
  const { principal, resourcePolicy } = question;
  if (principal && resourcePolicy && principal.identity.kind !== 'user') return simulate(standIn(question, principal, resourcePolicy, sources), sources);
  const asked = {
    ActionNames: question.actions,
    ResourceArns: question.resources.length ? question.resources : undefined,
    ContextEntries: question.context.length ? question.context : undefined,
    ...(resourcePolicy ? { ResourcePolicy: resourcePolicy } : {}),
    ...(resourcePolicy ? { CallerArn: principal?.arn ?? question.caller } : {}),
    ...(question.boundary ? { PermissionsBoundaryPolicyInputList: [question.boundary] } : {}),
  };
  const results = await all(async (Marker) => {
    const page = principal
      ? await iam().send(
          new SimulatePrincipalPolicyCommand({
            ...asked,
            PolicySourceArn: principal.arn,
            ...(question.policies.length ? { PolicyInputList: question.policies } : {}),
            Marker,
          }),
        )
      : await iam().send(new SimulateCustomPolicyCommand({ ...asked, PolicyInputList: question.policies, Marker }));
    return { items: page.EvaluationResults, next: page.IsTruncated ? page.Marker : undefined };
  });
  return results.flatMap(outcomesOf);
}

/** Allows nothing that is asked about: the simulator takes no question without a policy. */
const NOTHING = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'sts:DecodeAuthorizationMessage', Resource: '*' }] });

/**
 * The simulator lets a resource's policy see IAM users alone. A role or group is asked about as a user with its policies and its
 * ARN in every place but one: where the resource's policy names it.
 */
function standIn(question: Question, principal: NonNullable<Question['principal']>, resourcePolicy: string, sources: Source[]): Question {
  const { identity, arn } = principal;
  const caller = `${arn.split(':').slice(0, 5).join(':')}:user/simulated-${identity.kind}-${identity.name}`.slice(0, 512);
  const own = sources.filter(({ layer }) => layer === 'identity');
  own.forEach((source, place) => source.ids.push(`PolicyInputList.${place + 1}`));
  const boundary = sources.find(({ layer }) => layer === 'boundary');
  boundary?.ids.push('PermissionsBoundaryPolicyInputList.1');
  const sent = renamed(resourcePolicy, arn, caller);
  for (const source of sources) if (source.layer === 'resource') source.sent = sent;
  return {
    ...question,
    principal: undefined,
    policies: own.length ? own.map(({ text }) => text) : [NOTHING],
    resourcePolicy: sent,
    caller,
    context: [...question.context, { ContextKeyName: 'aws:PrincipalArn', ContextKeyType: 'string', ContextKeyValues: [arn] }],
    ...(boundary ? { boundary: boundary.text } : {}),
  };
}

/** A resource's policy that names another principal in the place of one; what is no JSON stays as it is. */
function renamed(policy: string, from: string, to: string): string {
  try {
    const document = JSON.parse(policy) as { Statement?: unknown };
    const inside = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(from), JSON.stringify(to)));
    const statements = [document.Statement ?? []].flat() as Record<string, unknown>[];
    const Statement = statements.map((each) => ({
      ...each,
      ...(each.Principal ? { Principal: inside(each.Principal) } : {}),
      ...(each.NotPrincipal ? { NotPrincipal: inside(each.NotPrincipal) } : {}),
    }));
    return JSON.stringify({ ...document, Statement });
  } catch {
    return policy;
  }
}

function outcomesOf(result: EvaluationResult): Outcome[] {
  const whole: Outcome = {
    action: result.EvalActionName ?? '',
    resource: result.EvalResourceName ?? '*',
    decision: result.EvalDecision ?? '',
    statements: result.MatchedStatements ?? [],
    missing: result.MissingContextValues ?? [],
    boundary: result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
    organizations: result.OrganizationsDecisionDetail?.AllowedByOrganizations,
    details: result.EvalDecisionDetails ?? {},
  };
  const each = result.ResourceSpecificResults ?? [];
  if (each.length === 0) return [whole];
  return each.map((specific) => ({
    ...whole,
    resource: specific.EvalResourceName ?? whole.resource,
    decision: specific.EvalResourceDecision ?? whole.decision,
    statements: specific.MatchedStatements ?? whole.statements,
    missing: specific.MissingContextValues ?? whole.missing,
    boundary: specific.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary ?? whole.boundary,
    details: specific.EvalDecisionDetails ?? whole.details,
  }));
}

/** The condition keys that the policies ask for. */
export async function contextKeys(principal: Question['principal'], policies: string[]): Promise<string[]> {
  const reply = principal
    ? await iam().send(
        new GetContextKeysForPrincipalPolicyCommand({
          PolicySourceArn: principal.arn,
          ...(policies.length ? { PolicyInputList: policies } : {}),
        }),
      )
    : await iam().send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: policies }));
  return reply.ContextKeyNames ?? [];
}

const decoded = (encoded: string | undefined): string => {
  try {
    return decodeURIComponent(encoded ?? '');
  } catch {
    return encoded ?? '';
  }
};

async function managed(arn: string, layer: Source['layer']): Promise<Source> {
  const policy = await getPolicy(arn);
  const reply = await iam().send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: policy.DefaultVersionId }));
  const name = policy.PolicyName ?? arn;
  return { ids: [arn, name], title: name, layer, text: decoded(reply.PolicyVersion?.Document) };
}

async function inline({ kind, name }: Identity, policy: string): Promise<Source> {
  const reply =
    kind === 'role'
      ? await iam().send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policy }))
      : kind === 'user'
        ? await iam().send(new GetUserPolicyCommand({ UserName: name, PolicyName: policy }))
        : await iam().send(new GetGroupPolicyCommand({ GroupName: name, PolicyName: policy }));
  return { ids: [`${kind}_${name}_${policy}`, policy], title: `${policy} (${name})`, layer: 'identity', text: decoded(reply.PolicyDocument) };
}

/** Every document that decides what somebody may do. */
export async function sourcesOf(identity: Identity): Promise<Source[]> {
  const owners = identity.kind === 'user' ? [identity, ...(await groupsOf(identity.name)).map((name) => ({ kind: 'group' as const, name }))] : [identity];
  const boundary =
    identity.kind === 'group'
      ? undefined
      : (identity.kind === 'user' ? await getUser(identity.name) : await getRole(identity.name)).PermissionsBoundary?.PermissionsBoundaryArn;
  const found = owners.flatMap((owner) => [
    attachedTo(owner).then((list) => Promise.all(list.map(({ PolicyArn }) => managed(PolicyArn ?? '', 'identity')))),
    inlineOf(owner).then((list) => Promise.all(list.map((policy) => inline(owner, policy)))),
  ]);
  const sources = (await Promise.all(found)).flat();
  return boundary ? [...sources, await managed(boundary, 'boundary')] : sources;
}

export interface Located {
  source: Source;
  /** Which statement of the document it is. */
  index: number;
  effect: string;
}

/** The statement that a simulation names, undefined where its document is not at hand. */
export function locate(statement: Statement, sources: Source[]): Located | undefined {
  const source = sources.find(({ ids }) => ids.includes(statement.SourcePolicyId ?? ''));
  if (!source) return undefined;
  try {
    const text = source.sent ?? source.text;
    const lines = text.split('\n');
    // where one statement ends the next is said to start: the end is what tells them apart
    const { Line = 1, Column = 1 } = statement.EndPosition ?? {};
    const end = lines.slice(0, Line - 1).reduce((sum, line) => sum + line.length + 1, 0) + Column - 1;
    const found = statementsOf(read(text));
    const index = Math.max(0, found.findIndex(({ from, to }) => from < end && end <= to + 1));
    const effect = member(found[index], 'Effect')?.value;
    return { source, index, effect: effect?.kind === 'string' ? effect.value : '' };
  } catch {
    return undefined;
  }
}

/** A document laid out for reading, with the places of some of its statements in it. */
export function laidOut(text: string, lit: Located[]): { text: string; lit: { from: number; to: number; deny: boolean }[] } {
  try {
    const shown = pretty(JSON.parse(text));
    const statements = statementsOf(read(shown));
    return {
      text: shown,
      lit: lit.flatMap(({ index, effect }) => {
        const found = statements[index];
        return found ? [{ from: found.from, to: found.to, deny: effect === 'Deny' }] : [];
      }),
    };
  } catch {
    return { text, lit: [] };
  }
}

/** A trust policy as a policy of the role itself, which is how the simulator takes it. */
export function asResourcePolicy(trust: string, roleArn: string): string {
  const document = JSON.parse(trust) as { Statement?: unknown };
  const statements = [document.Statement ?? []].flat() as Record<string, unknown>[];
  return JSON.stringify({ ...document, Statement: statements.map((each) => ({ ...each, Resource: roleArn })) });
}

/** The services that a trust policy trusts: nobody simulates those. */
export function trustedServices(trust: string): string[] {
  const document = JSON.parse(trust) as { Statement?: unknown };
  const statements = [document.Statement ?? []].flat() as { Effect?: string; Principal?: { Service?: string | string[] } | string }[];
  return statements.flatMap(({ Effect, Principal }) => (Effect === 'Allow' && typeof Principal === 'object' ? asList(Principal.Service) : []));
}
