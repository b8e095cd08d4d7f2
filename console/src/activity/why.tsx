/** Why a call was allowed or denied: the statement that decided, and those that nearly did. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { To } from '../routing';
import { WhyDenied } from '../shell/denied';
import { Empty } from '../shell/parts';
import { t } from '../strings';
import { type Explanation, type Happening, isDenied, type Miss, type StatementRef } from './api';

const s = t.activity.event;

function Policy({ name }: { name: string }) {
  if (!name.startsWith('arn:aws:iam:')) return <span className="wrap">{name}</span>;
  return <To path={`/iam/policies?arn=${encodeURIComponent(name)}`}>{name.split('/').pop()}</To>;
}

function Statements({ statements }: { statements: StatementRef[] }) {
  return statements.map((each) => (
    <div key={`${each.policy} ${each.index}`}>
      {s.statement(each.index, each.sid ?? '')} – <Policy name={each.policy} />
    </div>
  ));
}

function values(given: string[]) {
  if (!given.length) return <i>{s.none}</i>;
  return given.map((each, index) => (
    <div key={index} className="wrap">
      {each}
    </div>
  ));
}

function Misses({ misses, left }: { misses: Miss[]; left: number }) {
  return (
    <Table
      variant="embedded"
      wrapLines
      items={misses}
      header={
        <Header variant="h3" description={s.missesHint}>
          {s.misses}
        </Header>
      }
      ariaLabels={{ tableLabel: s.misses }}
      empty={<Empty header={s.noMisses} />}
      footer={left > 0 && s.missesLeft(left)}
      columnDefinitions={[
        {
          id: 'policy',
          header: s.policy,
          cell: (each) => (
            <>
              <Policy name={each.policy} />
              <Box color="text-body-secondary">{s.statement(each.index, each.sid ?? '')}</Box>
            </>
          ),
          isRowHeader: true,
        },
        { id: 'effect', header: s.effect, cell: (each) => each.effect },
        {
          id: 'element',
          header: s.element,
          cell: (each) => (each.key ? `${each.element}: ${each.operator} ${each.key}` : each.element),
        },
        { id: 'expected', header: s.expected, cell: (each) => values(each.expected) },
        { id: 'found', header: s.found, cell: (each) => values(each.found) },
      ]}
    />
  );
}

function Context({ context }: { context: Explanation['context'] }) {
  return (
    <ExpandableSection headerText={s.context}>
      <Table
        variant="embedded"
        wrapLines
        items={Object.entries(context)}
        ariaLabels={{ tableLabel: s.context }}
        columnDefinitions={[
          { id: 'key', header: s.key, cell: ([key]) => key, isRowHeader: true },
          { id: 'value', header: s.value, cell: ([, value]) => values([value].flat()) },
        ]}
      />
    </ExpandableSection>
  );
}

export function Why({ event }: { event: Happening }) {
  const told = event.record.additionalEventData;
  if (!told?.decision) return null;
  const denied = isDenied(event);
  const explanation = denied ? told.explanation : undefined;
  const statements = explanation?.statements ?? told.statements ?? [];
  const byRoot = told.layer === 'account root';
  return (
    <Container header={<Header variant="h2">{denied ? s.why : s.whyAllowed}</Header>} data-testid="why">
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={2}
          minColumnWidth={240}
          items={[
            {
              label: s.layer,
              value: (
                <>
                  <StatusIndicator type={denied ? 'error' : 'success'}>{s.results[told.decision] ?? told.decision}</StatusIndicator>
                  <Box color="text-body-secondary">{byRoot ? s.whyRoot : told.layer}</Box>
                </>
              ),
            },
            { label: s.deciding, value: statements.length ? <Statements statements={statements} /> : t.none },
            ...(explanation
              ? [
                  { label: s.asked, value: explanation.action },
                  { label: s.on, value: <span className="wrap">{explanation.resource}</span> },
                ]
              : []),
          ]}
        />
        {explanation && !explanation.statements.length && <Misses misses={explanation.nearMisses} left={explanation.nearMissesLeftOut} />}
        {denied && <WhyDenied message={event.record.errorMessage ?? ''} />}
        {explanation && <Context context={explanation.context} />}
      </SpaceBetween>
    </Container>
  );
}
