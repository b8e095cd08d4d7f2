/** A denial taken apart: who asked, for what, why not, and the statement that would allow it. */
import Box from '@cloudscape-design/components/box';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { denialIn } from '../errors';
import { To } from '../routing';
import { t } from '../strings';
import { CopyIcon } from './parts';

const s = t.denied;
/** Calls that the event history leaves out. */
const ABOUT_CONTENT = /^s3:\w*(Object|Multipart)/;

/** `request` is the call's id, where the event history may know it. */
export function WhyDenied({ message, request }: { message: string; request?: string | undefined }) {
  const denial = denialIn(message);
  if (!denial) return null;
  const { actor, action, resource, because, explicit } = denial;
  const statement = JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource || '*' }, null, 2);
  const call = `${action} ${resource}`.trim();
  const text = explicit ? call : statement;
  return (
    <ExpandableSection headerText={s.why} variant="inline">
      <SpaceBetween size="s">
        <KeyValuePairs
          columns={2}
          minColumnWidth={260}
          items={[
            { label: s.actor, value: <span className="wrap">{actor}</span> },
            { label: s.action, value: action },
            { label: s.resource, value: <span className="wrap">{resource || '*'}</span> },
            { label: s.because, value: because || s.missing },
          ]}
        />
        {explicit && <Box>{s.explicit}</Box>}
        <div>
          <Box variant="awsui-key-label">{s.ask}</Box>
          <Box color="text-body-secondary">{explicit ? s.askExplicit : s.askHint}</Box>
        </div>
        <div className="command">
          <pre>{text}</pre>
          <CopyIcon text={text} label={s.copy} />
        </div>
        {request && !ABOUT_CONTENT.test(action) && <To path={`/activity/events/${encodeURIComponent(request)}`}>{t.activity.look}</To>}
      </SpaceBetween>
    </ExpandableSection>
  );
}
