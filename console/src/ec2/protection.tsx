/** Whether an instance may be terminated at all. */
import { DescribeInstanceAttributeCommand, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import FormField from '@cloudscape-design/components/form-field';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';

const s = t.ec2.protection;

export async function isProtected(id: string): Promise<boolean> {
  const reply = await ec2().send(
    new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiTermination' }),
  );
  return reply.DisableApiTermination?.Value ?? false;
}

export function TerminationProtection({ id, onDismiss }: { id: string; onDismiss: () => void }) {
  const loaded = useLoad(() => isProtected(id), `protection ${id}`);
  const [wanted, setWanted] = useState<boolean>();
  const { push } = useFlash();
  const enabled = wanted ?? loaded.data ?? false;
  return (
    <FormModal
      header={s.header(id)}
      button={t.save}
      ready={wanted !== undefined && wanted !== loaded.data}
      commands={[
        aws('ec2', 'modify-instance-attribute', {
          'instance-id': id,
          [enabled ? 'disable-api-termination' : 'no-disable-api-termination']: true,
        }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await ec2().send(new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: enabled } }));
        push('success', s.saved(id));
      }}
    >
      <ErrorAlert error={loaded.error} />
      <FormField description={s.hint}>
        <Toggle checked={enabled} disabled={loaded.loading} onChange={({ detail }) => setWanted(detail.checked)}>
          {s.enable}
        </Toggle>
      </FormField>
    </FormModal>
  );
}
