/** The policies that can be attached here. */
import Button from '@cloudscape-design/components/button';
import { useLoad } from '../data';
import { t } from '../strings';
import { listPolicies } from './api';
import { PolicyTable } from './policy-table';

export default function Policies() {
  const policies = useLoad(listPolicies, 'policies');
  return (
    <PolicyTable
      loaded={policies}
      header={t.iam.policies.title}
      description={t.iam.policies.description}
      actions={<Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void policies.reload()} />}
    />
  );
}
