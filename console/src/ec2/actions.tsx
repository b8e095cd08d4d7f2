/** What can be done to an instance: its state, and the role that it wears. */
import {
  type Instance,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction } from '../data';
import { navigate, pathOf } from '../routing';
import { CliCommand, Confirm, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';

const s = t.ec2.actions;
type Change = 'start' | 'stop' | 'reboot' | 'terminate';

function send(change: Change, id: string): Promise<unknown> {
  const InstanceIds = [id];
  switch (change) {
    case 'start':
      return ec2().send(new StartInstancesCommand({ InstanceIds }));
    case 'stop':
      return ec2().send(new StopInstancesCommand({ InstanceIds }));
    case 'reboot':
      return ec2().send(new RebootInstancesCommand({ InstanceIds }));
    case 'terminate':
      return ec2().send(new TerminateInstancesCommand({ InstanceIds }));
  }
}

export function InstanceActions({ instance, reload }: { instance: Instance | undefined; reload: () => Promise<void> }) {
  const [asked, setAsked] = useState<Change | null>(null);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const id = instance?.InstanceId ?? '';
  const state = instance?.State?.Name;
  const running = state === 'running';
  const ended = !state || state === 'terminated' || state === 'shutting-down';
  const command = (change: Change) => [aws('ec2', `${change}-instances`, { 'instance-ids': [id] })];
  const dismiss = () => {
    setAsked(null);
    clear();
  };
  const act = async (change: Change) => {
    await send(change, id);
    push('success', s.done[change](id));
    await reload();
  };
  return (
    <>
      <ButtonDropdown
        disabled={!instance}
        expandableGroups
        items={[
          {
            text: s.state,
            items: [
              { id: 'start', text: s.start, disabled: state !== 'stopped' },
              { id: 'stop', text: s.stop, disabled: !running },
              { id: 'reboot', text: s.reboot, disabled: !running },
              { id: 'terminate', text: s.terminate, disabled: ended },
            ],
          },
          {
            text: s.settings,
            items: [{ id: 'role', text: s.attachRole, disabled: ended }],
          },
          {
            text: s.security,
            items: [{ id: 'role-2', text: s.modifyRole, disabled: ended }],
          },
        ]}
        onItemClick={({ detail }) => {
          if (detail.id.startsWith('role')) navigate(`${pathOf('ec2', 'instances', id)}/iam-role`);
          else setAsked(detail.id as Change);
        }}
      >
        {s.title}
      </ButtonDropdown>
      {asked === 'terminate' && (
        <Confirm
          header={s.terminateHeader(id)}
          word={s.terminateWord}
          button={s.terminate}
          commands={command('terminate')}
          onDismiss={dismiss}
          onConfirm={() => act('terminate')}
        >
          <Box>{s.terminateWarning}</Box>
        </Confirm>
      )}
      {asked && asked !== 'terminate' && (
        <Modal
          visible
          header={s.ask[asked](id)}
          closeAriaLabel={t.close}
          onDismiss={dismiss}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={dismiss}>
                  {t.cancel}
                </Button>
                <Button
                  variant="primary"
                  loading={busy}
                  onClick={() => void run(() => act(asked)).then((done) => done && setAsked(null))}
                >
                  {s[asked]}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="m">
            <ErrorAlert error={error} />
            <Box>{s.consequence[asked]}</Box>
            <CliCommand lines={command(asked)} />
          </SpaceBetween>
        </Modal>
      )}
    </>
  );
}
