/** Who may put a role on: its trust policy asked about every user and role of the account. */
import type { ContextEntry } from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { useRoute } from '../routing';
import { List } from '../shell/list';
import { Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { getRole, listRoles, textOf } from './api';
import { PolicyEditor } from './editor/policy-editor';
import type { Identity } from './identity';
import { principals } from './simulator-permissions';
import { Decision, Why } from './simulator-results';
import { asResourcePolicy, type Outcome, simulate, type Source, sourcesOf, trustedServices } from './simulation';

const s = t.iam.simulator.trust;
const AT_ONCE = 4;

interface Row {
  identity: Identity;
  outcome: Outcome;
  sources: Source[];
}

export function WhoMay() {
  const { query } = useRoute();
  const roles = useLoad(listRoles, 'roles');
  const [name, setName] = useState(query.get('role') ?? '');
  const [edited, setEdited] = useState<string>();
  const [external, setExternal] = useState('');
  const [mfa, setMfa] = useState(false);
  const [rows, setRows] = useState<Row[]>();
  const [selected, setSelected] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const loaded = useLoad(async () => (name ? await getRole(name) : undefined), `trust ${name}`);
  const role = loaded.data;
  const trust = edited ?? textOf(role?.AssumeRolePolicyDocument);
  const ask = () =>
    run(async () => {
      const resourcePolicy = asResourcePolicy(trust, role?.Arn ?? '');
      const context: ContextEntry[] = [
        ...(external ? [{ ContextKeyName: 'sts:ExternalId', ContextKeyType: 'string' as const, ContextKeyValues: [external] }] : []),
        { ContextKeyName: 'aws:MultiFactorAuthPresent', ContextKeyType: 'boolean', ContextKeyValues: [String(mfa)] },
      ];
      const everyone = (await principals()).filter(({ identity }) => identity.kind !== 'group');
      const found: Row[] = [];
      const queue = [...everyone];
      const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const source: Source = { ids: ['ResourcePolicy'], title: s.policyOf(name), layer: 'resource', text: trust, sent: resourcePolicy };
          const sources = [...(await sourcesOf(next.identity)), source];
          const question = { principal: next, policies: [], actions: ['sts:AssumeRole'], resources: [role?.Arn ?? ''], resourcePolicy, context };
          const [outcome] = await simulate(question, sources);
          if (outcome) found.push({ identity: next.identity, outcome, sources });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      setRows(found.sort((a, b) => a.outcome.decision.localeCompare(b.outcome.decision) || a.identity.name.localeCompare(b.identity.name)));
    });
  const idOf = ({ identity }: Row) => `${identity.kind}/${identity.name}`;
  const one = rows?.find((each) => idOf(each) === selected[0]);
  const services = rows ? trustedServices(trust) : [];
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description={s.hint}>{s.question}</Header>}>
        <SpaceBetween size="m">
          <ErrorAlert error={roles.error ?? loaded.error} />
          <FormField label={t.iam.policies.entity.role}>
            <Select
              selectedOption={name ? { value: name, label: name } : null}
              placeholder={s.choose}
              filteringType="auto"
              options={(roles.data ?? []).map(({ RoleName }) => ({ value: RoleName ?? '', label: RoleName ?? '' }))}
              onChange={({ detail }) => {
                setName(detail.selectedOption.value ?? '');
                setEdited(undefined);
                setRows(undefined);
              }}
            />
          </FormField>
          {role && <PolicyEditor plain kind="trust" label={t.iam.create.trust.document} text={trust} onChange={setEdited} />}
          <FormField label={<span>{t.iam.create.trust.externalId} <i>– {t.optional}</i></span>}>
            <Input value={external} onChange={({ detail }) => setExternal(detail.value)} />
          </FormField>
          <Checkbox checked={mfa} onChange={({ detail }) => setMfa(detail.checked)}>
            {s.mfa}
          </Checkbox>
          <ErrorAlert error={error} />
          <Button variant="primary" disabled={!role} loading={busy} onClick={() => void ask()}>
            {s.ask}
          </Button>
        </SpaceBetween>
      </Container>
      {services.length > 0 && <Alert type="info">{s.services(services.join(', '))}</Alert>}
      {rows && (
        <List
          embedded
          name="who-may"
          loaded={{ data: rows, error: undefined, loading: false, reload: () => Promise.resolve() }}
          header={s.results}
          selection="single"
          selected={selected}
          onSelected={setSelected}
          id={idOf}
          label={({ identity }) => identity.name}
          text={({ identity }) => identity.name}
          placeholder={t.iam.policies.findEntities}
          empty={<Empty header={s.nobody} />}
          columns={[
            { id: 'name', header: t.name, cell: ({ identity }) => identity.name, isRowHeader: true },
            { id: 'kind', header: t.iam.policies.entityKind, cell: ({ identity }) => t.iam.policies.entity[identity.kind] },
            { id: 'decision', header: t.iam.simulator.decision, cell: ({ outcome }) => <Decision decision={outcome.decision} /> },
          ]}
        />
      )}
      {one && <Why outcome={one.outcome} sources={one.sources} />}
      {rows && !one && <Box color="text-body-secondary">{s.pick}</Box>}
    </SpaceBetween>
  );
}
