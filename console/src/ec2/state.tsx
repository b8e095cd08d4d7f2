/** What state an instance is in, and whether its checks pass. */
import type { InstanceStatus } from '@aws-sdk/client-ec2';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { t } from '../strings';
import { checksOf, indicatorOf } from './api';

const s = t.ec2.instances;

export function State({ name }: { name: string | undefined }) {
  return <StatusIndicator type={indicatorOf(name)}>{s.states[name ?? ''] ?? name}</StatusIndicator>;
}

export function Checks({ status }: { status: InstanceStatus | undefined }) {
  const found = checksOf(status);
  if (!found) return <>{t.none}</>;
  if (found.initializing) return <StatusIndicator type="pending">{s.initializing}</StatusIndicator>;
  return <StatusIndicator type={found.passed === 2 ? 'success' : 'error'}>{s.passed(found.passed)}</StatusIndicator>;
}
