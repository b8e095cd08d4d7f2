/** What a simulation came to: each decision, the layers that made it, and the deciding statement lit in its document. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { lazy, Suspense, useState } from 'react';
import { t } from '../strings';
import { laidOut, locate, type Located, type Outcome, type Source } from './simulation';

const Code = lazy(() => import('./editor/code'));
const s = t.iam.simulator;

const idOf = ({ action, resource }: Outcome) => `${action} ${resource}`;

export function Decision({ decision }: { decision: string }) {
  if (decision === 'allowed') return <StatusIndicator type="success">{s.allowed}</StatusIndicator>;
  return <StatusIndicator type="error">{decision === 'explicitDeny' ? s.explicitlyDenied : s.implicitlyDenied}</StatusIndicator>;
}

export function Results({ outcomes, sources }: { outcomes: Outcome[]; sources: Source[]; account: string }) {
  const [chosen, setChosen] = useState('');
  const one = outcomes.find((each) => idOf(each) === chosen) ?? outcomes[0];
  const allowed = outcomes.filter(({ decision }) => decision === 'allowed').length;
  return (
    <SpaceBetween size="l">
      <Table
        header={
          <Header variant="h2" description={s.tally(allowed, outcomes.length - allowed)}>
            {s.results}
          </Header>
        }
        ariaLabels={{
          tableLabel: s.results,
          selectionGroupLabel: s.results,
          itemSelectionLabel: (_, item) => idOf(item),
        }}
        items={outcomes}
        trackBy={idOf}
        selectionType="single"
        selectedItems={one ? [one] : []}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0] ? idOf(detail.selectedItems[0]) : '')}
        onRowClick={({ detail }) => setChosen(idOf(detail.item))}
        wrapLines
        columnDefinitions={[
          { id: 'action', header: s.action, cell: (each) => each.action, isRowHeader: true },
          { id: 'resource', header: s.resource, cell: (each) => each.resource },
          { id: 'decision', header: s.decision, minWidth: 190, cell: (each) => <Decision decision={each.decision} /> },
          { id: 'by', header: s.statements, cell: (each) => each.statements.map(({ SourcePolicyId }) => SourcePolicyId).join(', ') || s.noStatement },
        ]}
      />
      {one && <Why outcome={one} sources={sources} />}
    </SpaceBetween>
  );
}

type Verdict = 'allow' | 'deny' | 'silent' | 'absent';

interface Layer {
  id: keyof typeof s.layers;
  verdict: Verdict;
}

/** What each layer said, as far as the simulator tells. */
export function layersOf(outcome: Outcome, located: Located[], sources: Source[]): Layer[] {
  const said = (layer: Source['layer'], given: boolean): Verdict => {
    const effects = located.filter(({ source }) => source.layer === layer).map(({ effect }) => effect);
    if (effects.includes('Deny')) return 'deny';
    if (effects.includes('Allow')) return 'allow';
    return given ? 'silent' : 'absent';
  };
  const limit = (allowed: boolean | undefined): Verdict => (allowed === undefined ? 'absent' : allowed ? 'allow' : 'silent');
  const has = (layer: Source['layer']) => sources.some((each) => each.layer === layer);
  return [
    { id: 'organizations', verdict: limit(outcome.organizations) },
    { id: 'resource', verdict: said('resource', has('resource')) },
    { id: 'identity', verdict: said('identity', true) },
    { id: 'boundary', verdict: said('boundary', false) === 'deny' ? 'deny' : limit(outcome.boundary) },
    { id: 'session', verdict: 'absent' },
  ];
}

export function Why({ outcome, sources }: { outcome: Outcome; sources: Source[] }) {
  const located = outcome.statements.map((each) => locate(each, sources)).filter((each) => each !== undefined);
  const deciding = [...new Set(located.map(({ source }) => source))];
  return (
    <Container header={<Header variant="h2" description={`${outcome.action} · ${outcome.resource}`}>{s.why}</Header>}>
      <SpaceBetween size="m">
        <Decision decision={outcome.decision} />
        <ol className="layers" aria-label={s.layersLabel}>
          {layersOf(outcome, located, sources).map(({ id, verdict }) => (
            <li key={id} className={verdict} data-testid={`layer-${id}`}>
              <strong>{s.layers[id]}</strong>
              <span>{s.verdicts[verdict]}</span>
            </li>
          ))}
        </ol>
        {outcome.decision !== 'allowed' && located.length === 0 && <Box>{s.nothingAllows}</Box>}
        {outcome.missing.length > 0 && <Box color="text-status-warning">{s.missing(outcome.missing.join(', '))}</Box>}
        {deciding.map((source) => {
          const shown = laidOut(source.text, located.filter((each) => each.source === source));
          return (
            <div key={source.title} data-testid="deciding">
              <Box variant="h3">{source.title}</Box>
              <Suspense fallback={<Spinner />}>
                <Code key={`${source.title} ${outcome.action} ${outcome.resource}`} label={source.title} text={shown.text} lit={shown.lit} />
              </Suspense>
            </div>
          );
        })}
      </SpaceBetween>
    </Container>
  );
}
