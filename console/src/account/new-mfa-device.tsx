/** Setting up a virtual MFA device: its name, its QR code, and two codes that prove that the app has it. */
import {
  CreateVirtualMFADeviceCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  type VirtualMFADevice,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { aws } from '../cli';
import { FormModal } from '../shell/form-modal';
import { Copyable } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';

const s = t.credentials.mfa;

interface Props {
  /** Whose device it becomes; undefined for root. */
  userName: string | undefined;
  onDone: (name: string) => void;
  onDismiss: () => void;
}

export function NewMfaDevice(props: Props) {
  const [name, setName] = useState('');
  const [made, setMade] = useState<VirtualMFADevice>();
  const wrong = name !== '' && !/^[\w+=,.@-]{1,226}$/.test(name);
  if (made) return <Codes {...props} name={name} device={made} />;
  return (
    <FormModal
      key="name"
      header={s.assign}
      button={s.make}
      ready={name !== '' && !wrong}
      commands={[
        aws('iam', 'create-virtual-mfa-device', {
          'virtual-mfa-device-name': name || 'NAME',
          outfile: 'qr.png',
          'bootstrap-method': 'QRCodePNG',
        }),
      ]}
      keepOpen
      onDismiss={props.onDismiss}
      onSubmit={async () => {
        const reply = await iam().send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name }));
        setMade(reply.VirtualMFADevice);
      }}
    >
      <FormField label={s.name} description={s.nameHint} errorText={wrong ? s.nameInvalid : undefined}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoComplete={false} spellcheck={false} autoFocus />
      </FormField>
    </FormModal>
  );
}

function Codes({ userName, onDone, onDismiss, name, device }: Props & { name: string; device: VirtualMFADevice }) {
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const picture = usePicture(device.QRCodePNG);
  const seed = new TextDecoder().decode(device.Base32StringSeed);
  const isCode = (text: string) => /^\d{6}$/.test(text.trim());
  const giveUp = () => {
    // a device that nobody has set up is of no use to anybody
    void iam().send(new DeleteVirtualMFADeviceCommand({ SerialNumber: device.SerialNumber })).catch(() => undefined);
    onDismiss();
  };
  return (
    <FormModal
      key="codes"
      header={s.scanHeader}
      button={s.enable}
      ready={isCode(first) && isCode(second)}
      commands={[
        aws('iam', 'enable-mfa-device', {
          'user-name': userName,
          'serial-number': device.SerialNumber,
          'authentication-code1': first || '000000',
          'authentication-code2': second || '000000',
        }),
      ]}
      keepOpen
      onDismiss={giveUp}
      onSubmit={async () => {
        await iam().send(
          new EnableMFADeviceCommand({
            UserName: userName,
            SerialNumber: device.SerialNumber,
            AuthenticationCode1: first.trim(),
            AuthenticationCode2: second.trim(),
          }),
        );
        onDone(name);
      }}
    >
      <SpaceBetween size="s">
        <Box>{s.scan}</Box>
        {picture && <img className="qr" src={picture} alt={s.qr} />}
        <div>
          <Box color="text-body-secondary">{s.secret}</Box>
          <span className="wrap" data-testid="mfa-secret">
            <Copyable text={seed} label={s.copySecret} />
          </span>
        </div>
      </SpaceBetween>
      <Box>{s.codes}</Box>
      <ColumnLayout columns={2}>
        <FormField label={s.first}>
          <Input value={first} onChange={({ detail }) => setFirst(detail.value)} inputMode="numeric" autoComplete={false} />
        </FormField>
        <FormField label={s.second}>
          <Input value={second} onChange={({ detail }) => setSecond(detail.value)} inputMode="numeric" autoComplete={false} />
        </FormField>
      </ColumnLayout>
    </FormModal>
  );
}

function usePicture(png: Uint8Array | undefined): string {
  const [url, setUrl] = useState('');
  useEffect(() => {
    if (!png) return;
    const made = URL.createObjectURL(new Blob([new Uint8Array(png)], { type: 'image/png' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [png]);
  return url;
}
