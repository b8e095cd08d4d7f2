/** Simulating what a principal, or policies that nobody has yet, would be allowed. */
import type { ContextEntry, ContextKeyTypeEnum } from '@aws-sdk/client-iam';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { useRoute } from '../routing';
import { session } from '../session';
import { CliCommand, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { compact, listGroups, listRoles, listUsers, pretty } from './api';
import { lint } from './editor/lint';
import { PolicyEditor } from './editor/policy-editor';
import { Actions, serviceOf, useReference } from './editor/visual';
import { Rows } from './editor/visual-rows';
import type { Identity } from './identity';
import { Results } from './simulator-results';
import { contextKeys, type Outcome, type Question, simulate, type Source, sourcesOf } from './simulation';

const s = t.iam.simulator;
const TYPES: ContextKeyTypeEnum[] = ['string', 'stringList', 'numeric', 'boolean', 'ip', 'date', 'binary'];
const FRESH = pretty({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }] });

interface Key {
  name: string;
  type: ContextKeyTypeEnum;
  value: string;
}

interface Answer {
  outcomes: Outcome[];
  sources: Source[];
}

export const entries = (keys: Key[]): ContextEntry[] =>
  keys
    .filter(({ name }) => name)
    .map(({ name, type, value }) => ({
      ContextKeyName: name,
      ContextKeyType: type,
      ContextKeyValues: type.endsWith('List') ? value.split(',').map((each) => each.trim()) : [value],
    }));

/** Every user, group and role with its ARN. */
export async function principals(): Promise<{ identity: Identity; arn: string }[]> {
  const [users, groups, roles] = await Promise.all([listUsers(), listGroups(), listRoles()]);
  return [
    ...users.map(({ UserName, Arn }) => ({ identity: { kind: 'user' as const, name: UserName ?? '' }, arn: Arn ?? '' })),
    ...groups.map(({ GroupName, Arn }) => ({ identity: { kind: 'group' as const, name: GroupName ?? '' }, arn: Arn ?? '' })),
    ...roles.map(({ RoleName, Arn }) => ({ identity: { kind: 'role' as const, name: RoleName ?? '' }, arn: Arn ?? '' })),
  ];
}

export function Permissions({ custom }: { custom: boolean }) {
  const { query } = useRoute();
  const loaded = useLoad(principals, 'principals');
  const [chosen, setChosen] = useState(query.get('principal') ?? '');
  const [policy, setPolicy] = useState(FRESH);
  const [actions, setActions] = useState<string[]>((query.get('action') ?? '').split(',').filter(Boolean));
  const [resources, setResources] = useState(query.get('resource') ?? '');
  const [keys, setKeys] = useState<Key[]>([]);
  const [resourcePolicy, setResourcePolicy] = useState('');
  const [answer, setAnswer] = useState<Answer>();
  const { busy, error, run } = useAction();
  const { found } = useReference(actions.map(serviceOf));
  const idOf = ({ kind, name }: Identity) => `${kind}/${name}`;
  const principal = custom ? undefined : loaded.data?.find(({ identity }) => idOf(identity) === chosen);
  const question: Question = {
    principal,
    policies: custom ? [policy] : [],
    actions,
    resources: resources.split(/\s+/).filter(Boolean),
    context: entries(keys),
    ...(resourcePolicy.trim() ? { resourcePolicy, ...(custom ? { caller: `arn:aws:iam::${session().account}:user/simulated` } : {}) } : {}),
  };
  const readable = !custom || lint(policy, 'identity').every(({ severity }) => severity !== 'error');
  const asked = useLoad(
    async () => (readable && (custom || principal) ? await contextKeys(principal, question.policies) : []),
    `keys ${principal?.arn ?? ''} ${custom && readable ? policy : ''}`,
  );
  const ready = readable && actions.length > 0 && (custom || principal !== undefined);
  const go = () =>
    run(async () => {
      const sources: Source[] = principal ? await sourcesOf(principal.identity) : [{ ids: ['PolicyInputList.1'], title: s.yourPolicy, layer: 'identity', text: policy }];
      if (resourcePolicy.trim()) sources.push({ ids: ['ResourcePolicy'], title: s.resourcePolicy, layer: 'resource', text: resourcePolicy });
      setAnswer({ outcomes: await simulate(question, sources), sources });
    });
  const options = (['user', 'group', 'role'] as const).map((kind) => ({
    label: t.iam.policies.entity[kind],
    options: (loaded.data ?? []).filter(({ identity }) => identity.kind === kind).map(({ identity }) => ({ value: idOf(identity), label: identity.name })),
  }));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{s.question}</Header>}>
        <SpaceBetween size="m">
          <ErrorAlert error={loaded.error} />
          {custom ? (
            <PolicyEditor plain text={policy} onChange={setPolicy} label={s.yourPolicy} />
          ) : (
            <FormField label={s.principal}>
              <Select
                selectedOption={chosen ? { value: chosen, label: chosen.split('/').slice(1).join('/') } : null}
                placeholder={s.choosePrincipal}
                filteringType="auto"
                options={options}
                onChange={({ detail }) => setChosen(detail.selectedOption.value ?? '')}
              />
            </FormField>
          )}
          <Actions exact actions={actions} found={found} onChange={setActions} />
          <FormField label={s.resources} description={s.resourcesHint}>
            <Textarea value={resources} rows={2} placeholder="*" spellcheck={false} onChange={({ detail }) => setResources(detail.value)} />
          </FormField>
          <Rows<Key>
            label={s.context}
            add={s.addKey}
            empty={asked.data?.length ? s.asksFor(asked.data.join(', ')) : s.noKeys}
            items={keys}
            fresh={{ name: '', type: 'string', value: '' }}
            onChange={setKeys}
            cell={(key, place, put) => (
              <>
                <div className="grow">
                  <Autosuggest
                    value={key.name}
                    options={(asked.data ?? []).map((value) => ({ value }))}
                    ariaLabel={`${t.iam.editor.visual.key} ${place + 1}`}
                    placeholder="aws:"
                    enteredTextLabel={t.iam.editor.visual.enter}
                    onChange={({ detail }) => put({ ...key, name: detail.value })}
                  />
                </div>
                <div className="narrow">
                  <Select
                    selectedOption={{ value: key.type, label: key.type }}
                    options={TYPES.map((value) => ({ value, label: value }))}
                    ariaLabel={`${t.type} ${place + 1}`}
                    onChange={({ detail }) => put({ ...key, type: detail.selectedOption.value as ContextKeyTypeEnum })}
                  />
                </div>
                <div className="narrow">
                  <Input value={key.value} ariaLabel={`${t.iam.editor.visual.value} ${place + 1}`} onChange={({ detail }) => put({ ...key, value: detail.value })} />
                </div>
              </>
            )}
          />
          <ExpandableSection headerText={s.withResourcePolicy}>
            <PolicyEditor plain kind="resource" label={s.resourcePolicy} text={resourcePolicy} onChange={setResourcePolicy} />
          </ExpandableSection>
          <ErrorAlert error={error} />
          <Button variant="primary" disabled={!ready} loading={busy} onClick={() => void go()}>
            {s.run}
          </Button>
          <CliCommand
            lines={[
              aws('iam', principal ? 'simulate-principal-policy' : 'simulate-custom-policy', {
                'policy-source-arn': principal?.arn,
                'policy-input-list': custom ? [compact(policy)] : undefined,
                'action-names': actions.length ? actions : ['ACTION'],
                'resource-arns': question.resources.length ? question.resources : undefined,
                'resource-policy': question.resourcePolicy ? compact(question.resourcePolicy) : undefined,
                'context-entries': question.context.length
                  ? question.context.map((each) => `ContextKeyName=${each.ContextKeyName},ContextKeyValues=${each.ContextKeyValues?.join(',')},ContextKeyType=${each.ContextKeyType}`)
                  : undefined,
              }),
            ]}
          />
        </SpaceBetween>
      </Container>
      {answer && <Results outcomes={answer.outcomes} sources={answer.sources} account={session().account} />}
    </SpaceBetween>
  );
}
