/** A policy's statements as forms: what one changes here changes the text beside it. */
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { session } from '../../session';
import { Empty } from '../../shell/parts';
import { t } from '../../strings';
import type { Kind } from './lint';
import { asList, type Document, parse, renamed, type Statement, withTexts, write } from './model';
import { reference, type Reference, type Service } from './reference';
import { Conditions, Principals, Rows } from './visual-rows';

const s = t.iam.editor.visual;

/** The reference and those services of it that a document speaks of. */
export function useReference(prefixes: string[]): { found: Reference | undefined; services: Service[] } {
  const [found, setFound] = useState<Reference>();
  const [, setHere] = useState(0);
  const wanted = [...new Set(prefixes.map((each) => each.toLowerCase()))].sort();
  const key = wanted.join();
  useEffect(() => {
    let shown = true;
    reference().then(
      async (here) => {
        await Promise.all(key.split(',').filter(Boolean).map((each) => here.service(each)));
        if (!shown) return;
        setFound(here);
        setHere((count) => count + 1);
      },
      () => undefined,
    );
    return () => {
      shown = false;
    };
  }, [key]);
  return { found, services: wanted.flatMap((each) => found?.loaded(each) ?? []) };
}

export const serviceOf = (action: string): string => (action.includes(':') ? (action.split(':', 1)[0] ?? '').toLowerCase() : '');

interface VisualProps {
  text: string;
  kind: Kind;
  onChange: (text: string) => void;
}

export function Visual({ text, kind, onChange }: VisualProps) {
  const document = parse(text);
  const actions = (document?.Statement ?? []).flatMap((each) => [...asList(each.Action), ...asList(each.NotAction)]);
  const { found } = useReference(actions.map(serviceOf).filter(Boolean));
  if (!document) return <Empty header={s.notReadable}>{s.notReadableHint}</Empty>;
  const put = (statements: Statement[]) => onChange(write({ ...document, Statement: statements } satisfies Document));
  const start: Statement =
    kind === 'identity'
      ? { Effect: 'Allow', Action: [], Resource: '*' }
      : kind === 'trust'
        ? { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${session().account}:root` }, Action: 'sts:AssumeRole' }
        : { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${session().account}:root` }, Action: [], Resource: [] };
  return (
    <SpaceBetween size="s">
      {document.Statement.map((statement, index) => (
        <ExpandableSection
          key={index}
          variant="container"
          defaultExpanded
          headerText={s.statement(index + 1)}
          headerDescription={typeof statement.Sid === 'string' ? statement.Sid : ''}
          headerActions={
            <Button
              iconName="remove"
              variant="icon"
              ariaLabel={`${s.remove} ${index + 1}`}
              disabled={document.Statement.length === 1}
              onClick={() => put(document.Statement.filter((_, place) => place !== index))}
            />
          }
        >
          <Form
            statement={statement}
            kind={kind}
            found={found}
            onChange={(changed) => put(document.Statement.map((each, place) => (place === index ? changed : each)))}
          />
        </ExpandableSection>
      ))}
      <Button iconName="add-plus" onClick={() => put([...document.Statement, start])}>
        {s.add}
      </Button>
    </SpaceBetween>
  );
}

interface FormProps {
  statement: Statement;
  kind: Kind;
  found: Reference | undefined;
  onChange: (statement: Statement) => void;
}

function Form({ statement, kind, found, onChange }: FormProps) {
  const actionName = 'NotAction' in statement ? 'NotAction' : 'Action';
  const resourceName = 'NotResource' in statement ? 'NotResource' : 'Resource';
  const principalName = 'NotPrincipal' in statement ? 'NotPrincipal' : 'Principal';
  const actions = asList(statement[actionName]);
  const resources = asList(statement[resourceName]);
  return (
    <SpaceBetween size="m">
      <FormField label={s.effect}>
        <SegmentedControl
          selectedId={statement.Effect === 'Deny' ? 'Deny' : 'Allow'}
          label={s.effect}
          options={[
            { id: 'Allow', text: s.allow },
            { id: 'Deny', text: s.deny },
          ]}
          onChange={({ detail }) => onChange({ ...statement, Effect: detail.selectedId })}
        />
      </FormField>
      {kind !== 'identity' && (
        <Principals value={statement[principalName]} onChange={(value) => onChange({ ...statement, [principalName]: value })} />
      )}
      <Actions
        actions={actions}
        found={found}
        trust={kind === 'trust'}
        onChange={(values) => onChange(withTexts(statement, actionName, values))}
      />
      <Checkbox
        checked={actionName === 'NotAction'}
        onChange={({ detail }) => onChange(renamed(statement, actionName, detail.checked ? 'NotAction' : 'Action'))}
      >
        {s.not}
      </Checkbox>
      {kind !== 'trust' && (
        <SpaceBetween size="m">
          <Resources
            resources={resources}
            suggestions={arnsOf(found, actions)}
            onChange={(values) => onChange(withTexts(statement, resourceName, values))}
          />
          {(resourceName === 'NotResource' || resources.join() !== '*') && (
            <Checkbox
              checked={resourceName === 'NotResource'}
              onChange={({ detail }) => onChange(renamed(statement, resourceName, detail.checked ? 'NotResource' : 'Resource'))}
            >
              {s.not}
            </Checkbox>
          )}
        </SpaceBetween>
      )}
      <Conditions
        value={statement.Condition}
        keys={keysOf(found, actions)}
        onChange={(block) => {
          const { Condition: _gone, ...rest } = statement;
          onChange(Object.keys(block).length ? { ...rest, Condition: block } : rest);
        }}
      />
    </SpaceBetween>
  );
}

/** ARNs of the resources that some actions are about, the parts that differ as asterisks. */
function arnsOf(found: Reference | undefined, actions: string[]): { value: string; description: string }[] {
  const arns = new Map<string, string>();
  for (const action of actions) {
    const service = found?.loaded(serviceOf(action));
    const known = service?.action(action.split(':')[1] ?? '');
    for (const { name, arn } of known ? known.resources : (service?.resources ?? [])) {
      arns.set(
        arn.replace('${Partition}', 'aws').replace('${Account}', session().account).replace(/\$\{[^}]+\}/g, '*'),
        name,
      );
    }
  }
  return [...arns].map(([value, description]) => ({ value, description }));
}

function keysOf(found: Reference | undefined, actions: string[]): { value: string; description: string }[] {
  const keys = new Map((found?.globalKeys ?? []).map(({ name, type }) => [name, type]));
  for (const action of actions) {
    const service = found?.loaded(serviceOf(action));
    const known = service?.action(action.split(':')[1] ?? '');
    for (const { name, type } of (known ?? service)?.keys ?? []) keys.set(name, type);
  }
  return [...keys].map(([value, description]) => ({ value, description }));
}

interface ActionsProps {
  actions: string[];
  found: Reference | undefined;
  trust?: boolean;
  /** No wildcards: each action by its name. */
  exact?: boolean;
  onChange: (actions: string[]) => void;
}

export function Actions({ actions, found, trust = false, exact = false, onChange }: ActionsProps) {
  const [added, setAdded] = useState<string[]>([]);
  const services = [...new Set([...actions.map(serviceOf).filter(Boolean), ...added])];
  const others = actions.filter((each) => !serviceOf(each));
  const { services: loaded } = useReference(services);
  const offered = (found?.services ?? []).filter(({ prefix }) => !services.includes(prefix) && (!trust || prefix === 'sts'));
  return (
    <SpaceBetween size="s">
      {others.length > 0 && <Box>{others.includes('*') ? s.anyAction : `${s.otherActions}: ${others.join(', ')}`}</Box>}
      {services.map((prefix) => {
        const service = loaded.find((each) => each.prefix === prefix);
        const mine = actions.filter((each) => serviceOf(each) === prefix);
        const levels = [...new Set((service?.actions ?? []).map(({ level }) => level))];
        const known = new Set((service?.actions ?? []).map(({ name }) => `${prefix}:${name}`));
        const written = mine.filter((each) => !known.has(each) && each !== `${prefix}:*`);
        return (
          <FormField key={prefix} label={s.actions(service?.title ?? prefix)} stretch>
            <Multiselect
              selectedOptions={mine.map((value) => ({ value, label: value }))}
              options={[
                ...(exact ? [] : [{ value: `${prefix}:*`, label: `${prefix}:*`, description: s.allActions }]),
                ...written.map((value) => ({ value, label: value })),
                ...levels.map((level) => ({
                  label: level,
                  options: (service?.actions ?? [])
                    .filter((each) => each.level === level)
                    .map(({ name }) => ({ value: `${prefix}:${name}`, label: `${prefix}:${name}` })),
                })),
              ]}
              filteringType="auto"
              filteringPlaceholder={s.findActions}
              placeholder={mine.length ? s.chosen(mine.length) : s.chooseActions}
              tokenLimit={8}
              virtualScroll
              deselectAriaLabel={({ label }) => `${s.remove1} ${label ?? ''}`}
              onChange={({ detail }) => {
                const now = detail.selectedOptions.map(({ value }) => value ?? '');
                setAdded((old) => [...new Set([...old, prefix])]);
                onChange([...actions.filter((each) => serviceOf(each) !== prefix), ...now]);
              }}
            />
          </FormField>
        );
      })}
      {offered.length > 0 && (
        <FormField label={s.addService} stretch>
          <Select
            selectedOption={null}
            placeholder={s.addServiceHint}
            filteringType="auto"
            filteringAriaLabel={s.addServiceHint}
            virtualScroll
            options={offered.map(({ prefix, title }) => ({ value: prefix, label: title, description: prefix, filteringTags: [prefix] }))}
            onChange={({ detail }) => setAdded((old) => [...old, detail.selectedOption.value ?? ''])}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

interface ResourcesProps {
  resources: string[];
  suggestions: { value: string; description: string }[];
  onChange: (resources: string[]) => void;
}

function Resources({ resources, suggestions, onChange }: ResourcesProps) {
  const all = resources.length === 1 && resources[0] === '*';
  return (
    <SpaceBetween size="s">
      <Checkbox checked={all} onChange={({ detail }) => onChange(detail.checked ? ['*'] : [])}>
        {s.allResources}
      </Checkbox>
      {!all && (
        <Rows
          label={s.resources}
          add={s.addResource}
          items={resources}
          fresh=""
          onChange={onChange}
          cell={(value, place, put) => (
            <div className="grow"><Autosuggest
              value={value}
              options={suggestions}
              ariaLabel={`${s.resource} ${place + 1}`}
              placeholder="arn:aws:"
              enteredTextLabel={s.enter}
              onChange={({ detail }) => put(detail.value)}
            /></div>
          )}
        />
      )}
    </SpaceBetween>
  );
}
