/** The uploads to a bucket, how far they are, and what became of them. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useEffect, useEffectEvent, useRef } from 'react';
import { ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { bytes, nameIn, uriOf } from './api';
import { cancel, cancelAll, clearFinished, retry, type Sending, useUploads } from './uploads';

const s = t.s3.uploads;
const SHOWN_AT_MOST = 50;

/** `onDone` is called whenever something has arrived. */
export function Uploads({ bucket, onDone }: { bucket: string; onDone: () => void }) {
  const sendings = useUploads(bucket);
  const { push } = useFlash();
  const done = sendings.filter(({ state }) => state === 'done');
  const active = sendings.filter(({ state }) => state === 'waiting' || state === 'sending');
  const failed = sendings.filter(({ state }) => state === 'failed');
  const told = useRef(new Set(done.map(({ id }) => id)));
  const finished = done.filter(({ id }) => !told.current.has(id));
  const tell = useEffectEvent(() => {
    if (!finished.length) return;
    onDone();
    if (active.length) return; // they are told of together
    for (const { id } of finished) told.current.add(id);
    const only = finished.length === 1 ? finished[0] : undefined;
    push('success', only ? s.uploaded(nameIn(only.key)) : s.uploadedSeveral(finished.length));
    if (!failed.length) clearFinished();
  });
  useEffect(() => tell(), [finished.length, active.length]);
  const shown = sendings.filter(({ state }) => state !== 'done');
  if (!shown.length) return null;
  return (
    <ExpandableSection
      variant="container"
      defaultExpanded
      headerText={s.title}
      headerCounter={`(${shown.length})`}
      headerDescription={s.summary(active.length, failed.length)}
      headerActions={
        <SpaceBetween direction="horizontal" size="xs">
          {active.length > 0 && <Button onClick={cancelAll}>{s.cancelAll}</Button>}
          {active.length < shown.length && <Button onClick={clearFinished}>{s.clear}</Button>}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        {shown.slice(0, SHOWN_AT_MOST).map((each) => (
          <Row key={each.id} sending={each} />
        ))}
      </SpaceBetween>
    </ExpandableSection>
  );
}

function Row({ sending }: { sending: Sending }) {
  const { id, bucket, key, file, sent, state, error } = sending;
  const name = nameIn(key);
  if (state === 'sending' || state === 'waiting') {
    return (
      <div className="upload">
        <ProgressBar
          value={file.size ? Math.floor((100 * sent) / file.size) : 0}
          label={name}
          description={uriOf(bucket, key)}
          additionalInfo={state === 'waiting' ? s.waiting : s.sent(bytes(sent), bytes(file.size))}
        />
        <Button iconName="close" variant="icon" ariaLabel={s.cancel(name)} onClick={() => cancel(id)} />
      </div>
    );
  }
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="s">
        <StatusIndicator type={state === 'failed' ? 'error' : 'stopped'}>
          {state === 'failed' ? s.failed : s.canceled}
        </StatusIndicator>
        <Box>{name}</Box>
        <Button variant="inline-link" onClick={() => retry(id)} ariaLabel={`${s.retry}: ${name}`}>
          {s.retry}
        </Button>
      </SpaceBetween>
      <ErrorAlert error={error} />
    </SpaceBetween>
  );
}
