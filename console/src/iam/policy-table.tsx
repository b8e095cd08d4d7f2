/** All policies, to choose from or to look at. */
import type { Policy } from '@aws-sdk/client-iam';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { type ReactNode, useState } from 'react';
import type { Loaded } from '../data';
import { To } from '../routing';
import { List } from '../shell/list';
import { Empty } from '../shell/parts';
import { t } from '../strings';

const s = t.iam.policies;

export const isManaged = (policy: Policy): boolean => policy.Arn?.startsWith('arn:aws:iam::aws:') ?? false;

function kindOf(policy: Policy): string {
  if (!isManaged(policy)) return 'customer';
  return policy.Path === '/job-function/' ? 'job' : 'aws';
}

const KINDS: SelectProps.Option[] = [
  { value: '', label: s.kinds.all },
  { value: 'aws', label: s.kinds.aws },
  { value: 'job', label: s.kinds.job },
  { value: 'customer', label: s.kinds.customer },
];

interface Props {
  loaded: Loaded<Policy[]>;
  header: string;
  description?: string;
  selected?: string[];
  onSelected?: (arns: string[]) => void;
  selection?: 'single' | 'multi';
  embedded?: boolean;
  /** A policy's link leads away from this page: nothing that was chosen here is to be kept. */
  here?: boolean;
  actions?: ReactNode;
}

export function PolicyTable({ loaded, here = false, ...rest }: Props) {
  const [kind, setKind] = useState<SelectProps.Option>(KINDS[0] ?? {});
  return (
    <List
      {...rest}
      name="policies"
      loaded={loaded}
      id={(policy) => policy.Arn ?? ''}
      label={(policy) => policy.PolicyName ?? ''}
      text={(policy) => `${policy.PolicyName} ${policy.Description ?? ''}`}
      narrow={(policy) => !kind.value || kindOf(policy) === kind.value}
      placeholder={s.search}
      filterBeside={
        <Select
          selectedOption={kind}
          options={KINDS}
          onChange={({ detail }) => setKind(detail.selectedOption)}
          ariaLabel={s.kind}
        />
      }
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        {
          id: 'name',
          header: s.name,
          cell: (policy) => (
            // where one chooses, a look at a policy must not lose what was chosen
            <To path={`/iam/policies?arn=${encodeURIComponent(policy.Arn ?? '')}`} external={Boolean(rest.selection) && !here}>
              {policy.PolicyName}
            </To>
          ),
          sortingField: 'PolicyName',
          isRowHeader: true,
        },
        {
          id: 'kind',
          header: s.kind,
          cell: (policy) => t.iam.policies.kinds[kindOf(policy) as 'aws' | 'job' | 'customer'],
          sortingComparator: (a, b) => kindOf(a).localeCompare(kindOf(b)),
        },
        {
          id: 'used',
          header: s.usedBy,
          cell: (policy) => policy.AttachmentCount ?? 0,
          sortingComparator: (a, b) => (a.AttachmentCount ?? 0) - (b.AttachmentCount ?? 0),
        },
        {
          id: 'as',
          header: s.usedAs,
          cell: (policy) =>
            [policy.AttachmentCount ? s.as.policy : '', policy.PermissionsBoundaryUsageCount ? s.as.boundary : ''].filter(Boolean).join(', ') || s.as.nothing,
        },
      ]}
    />
  );
}
