/** One's own MFA devices. */
import { DeactivateMFADeviceCommand, DeleteVirtualMFADeviceCommand, type MFADevice } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { Confirm, Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam, listDevices, mine } from './api';
import { NewMfaDevice } from './new-mfa-device';

const s = t.credentials.mfa;
const nameOf = (device: MFADevice) => device.SerialNumber?.split('/').pop() ?? '';

export function MfaSection() {
  const devices = useLoad(listDevices, 'own mfa devices');
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<MFADevice>();
  const flash = useFlash();
  const remove = async (device: MFADevice) => {
    await iam().send(new DeactivateMFADeviceCommand({ ...mine(), SerialNumber: device.SerialNumber }));
    await iam().send(new DeleteVirtualMFADeviceCommand({ SerialNumber: device.SerialNumber }));
    flash.push('success', s.removed(nameOf(device)));
    await devices.reload();
  };
  const add = <Button onClick={() => setAdding(true)}>{s.assign}</Button>;
  return (
    <div>
      <ErrorAlert error={devices.error} />
      <Table
        items={devices.data ?? []}
        loading={devices.loading}
        loadingText={t.loading}
        trackBy="SerialNumber"
        ariaLabels={{ tableLabel: s.title }}
        header={
          <Header variant="h2" description={s.description} counter={devices.data ? `(${devices.data.length})` : ''} actions={add}>
            {s.title}
          </Header>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columnDefinitions={[
          {
            id: 'serial',
            header: s.serial,
            isRowHeader: true,
            cell: (device) => <Copyable text={device.SerialNumber ?? ''} label={s.serial} />,
          },
          { id: 'since', header: s.since, cell: (device) => when(device.EnableDate) },
          {
            id: 'remove',
            header: t.actions,
            cell: (device) => (
              <Button variant="inline-link" ariaLabel={`${s.remove} ${nameOf(device)}`} onClick={() => setRemoving(device)}>
                {s.remove}
              </Button>
            ),
          },
        ]}
      />
      {adding && (
        <NewMfaDevice
          userName={mine().UserName}
          onDismiss={() => setAdding(false)}
          onDone={(name) => {
            setAdding(false);
            flash.push('success', s.added(name));
            void devices.reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          header={s.removeHeader(nameOf(removing))}
          word={nameOf(removing)}
          button={s.remove}
          commands={[
            aws('iam', 'deactivate-mfa-device', { 'user-name': mine().UserName, 'serial-number': removing.SerialNumber }),
            aws('iam', 'delete-virtual-mfa-device', { 'serial-number': removing.SerialNumber }),
          ]}
          onConfirm={() => remove(removing)}
          onDismiss={() => setRemoving(undefined)}
        >
          {s.removeWarning}
        </Confirm>
      )}
    </div>
  );
}
