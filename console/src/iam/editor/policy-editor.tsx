/** The policy editor: a policy's statements as forms and as text, side by side, with its problems marked where they are. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { lazy, Suspense, useState } from 'react';
import { useAction, useLoad } from '../../data';
import { ErrorAlert } from '../../shell/parts';
import { t } from '../../strings';
import { listPolicies, managedText } from '../api';
import { PolicyTable } from '../policy-table';
import type { Kind } from './lint';
import { placeOfRefusal } from './refusal';
import type { Problem } from './tree';
import { Visual } from './visual';
import '../iam.css';

const Code = lazy(() => import('./code'));
const s = t.iam.editor;
type View = 'both' | 'visual' | 'json';

/** The most characters that IAM takes, white space not counted.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const LIMITS = { managed: 6144, role: 10240, user: 2048, group: 5120, trust: 2048 };

export const sizeOf = (text: string): number => text.replace(/\s/g, '').length;

interface Props {
  text: string;
  onChange: (text: string) => void;
  kind?: Kind;
  limit?: number;
  label?: string;
  /** What IAM answered to the last attempt to save. */
  refused?: unknown;
  /** Without the visual side: for narrow places. */
  plain?: boolean;
}

export function PolicyEditor({ text, onChange, kind = 'identity', limit, label = s.policy, refused, plain = false }: Props) {
  const [view, setView] = useState<View>(plain || window.innerWidth < 900 ? 'json' : 'both');
  const [problems, setProblems] = useState<Problem[]>([]);
  const [goTo, setGoTo] = useState<{ from: number }>();
  const [importing, setImporting] = useState(false);
  const format = () => {
    try {
      onChange(JSON.stringify(JSON.parse(text), null, 2));
    } catch {
      const first = problems[0];
      if (first) setGoTo({ from: first.from });
    }
  };
  const size = sizeOf(text);
  const over = limit !== undefined && size > limit;
  const visual = <Visual text={text} kind={kind} onChange={onChange} />;
  const code = (
    <SpaceBetween size="xs">
      <Suspense fallback={<Spinner />}>
        <Code label={label} text={text} kind={kind} onChange={onChange} onProblems={setProblems} goTo={goTo} />
      </Suspense>
      <div className="filters">
        <Box variant="small">{s.completeHint}</Box>
        {limit !== undefined && (
          <Box variant="small" color={over ? 'text-status-error' : 'text-body-secondary'} data-testid="policy-size">
            {s.count(size, limit)}
            {over && `: ${s.tooLong(size - limit)}`}
          </Box>
        )}
      </div>
      <Problems text={text} problems={problems} refused={refused} onGo={(from) => setGoTo({ from })} />
    </SpaceBetween>
  );
  return (
    <SpaceBetween size="s">
      <div className="filters">
        {!plain && (
          <SegmentedControl
            selectedId={view}
            label={s.views.label}
            options={(['both', 'visual', 'json'] as const).map((id) => ({ id, text: s.views[id] }))}
            onChange={({ detail }) => setView(detail.selectedId as View)}
          />
        )}
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={format}>{s.format}</Button>
          {kind === 'identity' && <Button onClick={() => setImporting(true)}>{s.import}</Button>}
        </SpaceBetween>
      </div>
      {view === 'both' ? (
        <div className="sides">
          {visual}
          <div>{code}</div>
        </div>
      ) : view === 'visual' ? (
        visual
      ) : (
        code
      )}
      {importing && <Import onDismiss={() => setImporting(false)} onText={onChange} />}
    </SpaceBetween>
  );
}

interface ProblemsProps {
  text: string;
  problems: Problem[];
  refused: unknown;
  onGo: (from: number) => void;
}

function Problems({ text, problems, refused, onGo }: ProblemsProps) {
  const lineOf = (from: number) => text.slice(0, from).split('\n').length;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const refusal = refused instanceof Error && /MalformedPolicy|InvalidInput|LimitExceeded/.test(refused.name) ? refused.message : '';
  const place = refusal ? placeOfRefusal(refusal, text) : undefined;
  const row = (message: string, from: number | undefined, key: string) => (
    <li key={key}>
      {from !== undefined && (
        <Button variant="inline-link" onClick={() => onGo(from)}>
          {s.goTo(lineOf(from))}
        </Button>
      )}{' '}
      {message}
    </li>
  );
  return (
    <div aria-live="polite" data-testid="problems">
      {refusal && (
        <Alert type="error">
          <ul className="problems">{row(s.refused(refusal), place, 'refusal')}</ul>
        </Alert>
      )}
      {problems.length === 0 ? (
        <StatusIndicator type="success">{s.noProblems}</StatusIndicator>
      ) : (
        <>
          <StatusIndicator type={errors ? 'error' : 'warning'}>{s.problemCount(errors, problems.length - errors)}</StatusIndicator>
          <ul className="problems">{problems.slice(0, 12).map((each, at) => row(each.message, each.from, `${at}`))}</ul>
        </>
      )}
    </div>
  );
}

function Import({ onDismiss, onText }: { onDismiss: () => void; onText: (text: string) => void }) {
  const policies = useLoad(listPolicies, 'policies');
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  const take = () =>
    run(async () => {
      onText(await managedText(chosen[0] ?? ''));
      onDismiss();
    });
  return (
    <Modal
      visible
      size="large"
      header={s.importHeader}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>
              {t.cancel}
            </Button>
            <Button variant="primary" disabled={!chosen.length} loading={busy} onClick={() => void take()}>
              {s.importButton}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <PolicyTable embedded loaded={policies} header={t.iam.policies.title} description={s.importHint} selection="single" selected={chosen} onSelected={setChosen} />
      </SpaceBetween>
    </Modal>
  );
}
