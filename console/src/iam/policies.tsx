/** The policies that can be attached here. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href } from '../routing';
import { Confirm, useFlash } from '../shell/parts';
import { t } from '../strings';
import { listPolicies } from './api';
import { deletePolicy, deletePolicyCommands } from './policy-actions';
import { PolicyTable } from './policy-table';

const s = t.iam.policies;

export default function Policies() {
  const policies = useLoad(listPolicies, 'policies', 30);
  const [selected, setSelected] = useState<string[]>([]);
  const [deleting, setDeleting] = useState('');
  const { push } = useFlash();
  const [arn = ''] = selected;
  const name = (of: string) => of.split('/').pop() ?? of;
  return (
    <>
      <PolicyTable
        loaded={policies}
        header={s.title}
        description={s.description}
        selection="single"
        here
        selected={selected}
        onSelected={setSelected}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void policies.reload()} />
            <Button disabled={!arn || arn.startsWith('arn:aws:iam::aws:')} onClick={() => setDeleting(arn)}>
              {t.delete}
            </Button>
            <Button variant="primary" href={href('/iam/policies/create')} onFollow={follow}>
              {s.create}
            </Button>
          </SpaceBetween>
        }
      />
      {deleting && (
        <Confirm
          header={s.deleteHeader(name(deleting))}
          word={name(deleting)}
          button={t.delete}
          commands={deletePolicyCommands(deleting)}
          onDismiss={() => setDeleting('')}
          onConfirm={async () => {
            await deletePolicy(deleting);
            setSelected([]);
            await policies.reload();
            push('success', s.deleted(name(deleting)));
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
