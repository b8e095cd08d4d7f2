/** The policy simulator: what somebody may do and why, and who may put a role on. */
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { navigate, useRoute } from '../routing';
import { t } from '../strings';
import { Permissions } from './simulator-permissions';
import { WhoMay } from './simulator-trust';

const s = t.iam.simulator;

export default function Simulator() {
  const { query } = useRoute();
  const mode = query.get('mode') ?? 'principal';
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={s.description}>
        {s.title}
      </Header>
      <SegmentedControl
        selectedId={mode}
        label={s.mode}
        options={(['principal', 'custom', 'trust'] as const).map((id) => ({ id, text: s.modes[id] }))}
        onChange={({ detail }) => navigate(`/iam/simulator?mode=${detail.selectedId}`, true)}
      />
      {mode === 'trust' ? <WhoMay /> : <Permissions key={mode} custom={mode === 'custom'} />}
    </SpaceBetween>
  );
}
