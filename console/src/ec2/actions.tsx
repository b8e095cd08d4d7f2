/** What can be done to instances: their state, the role that one wears, its settings. */
import {
  type Instance,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import Box from '@cloudscape-design/components/box';
import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { navigate, pathOf } from '../routing';
import { FormModal } from '../shell/form-modal';
import { Confirm, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';
import { MetadataOptions } from './metadata-options';
import { TerminationProtection } from './protection';

const s = t.ec2.actions;
type Change = 'start' | 'stop' | 'reboot' | 'terminate';
type Asked = Change | 'metadata' | 'protection';

function send(change: Change, InstanceIds: string[]): Promise<unknown> {
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

const STATES: Record<Change, string[]> = {
  start: ['stopped'],
  stop: ['running', 'pending'],
  reboot: ['running'],
  terminate: ['pending', 'running', 'stopping', 'stopped'],
};

interface Props {
  instances: Instance[];
  reload: () => Promise<void>;
}

/** The menus “Instance state” and “Actions” of one or several instances. */
export function InstanceActions({ instances, reload }: Props) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const { push } = useFlash();
  const ids = instances.map(({ InstanceId }) => InstanceId ?? '');
  const one = instances.length === 1 ? instances[0] : undefined;
  const id = one?.InstanceId ?? '';
  const able = (change: Change) =>
    instances.length > 0 && instances.every(({ State }) => STATES[change].includes(State?.Name ?? ''));
  const lives = one !== undefined && able('terminate');
  const command = (change: Change) => [aws('ec2', `${change}-instances`, { 'instance-ids': ids })];
  const dismiss = () => setAsked(null);
  const act = async (change: Change) => {
    await send(change, ids);
    push('success', s.done[change](ids));
    await reload();
  };
  const stateItems: ButtonDropdownProps.Item[] = (['start', 'stop', 'reboot', 'terminate'] as const).map((change) => ({
    id: change,
    text: s[change],
    disabled: !able(change),
  }));
  const place = pathOf('ec2', 'instances', id);
  const chosen = (item: string) => {
    if (item.startsWith('role')) navigate(`${place}/iam-role`);
    else if (item === 'tags') navigate(`${place}?tab=tags`);
    else if (item === 'log') navigate(`${place}?tab=output`);
    else setAsked(item as Asked);
  };
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <ButtonDropdown disabled={!instances.length} items={stateItems} onItemClick={({ detail }) => chosen(detail.id)}>
          {s.state}
        </ButtonDropdown>
        <ButtonDropdown
          disabled={!instances.length}
          expandableGroups
          items={[
            { text: s.state, items: stateItems },
            {
              text: s.settings,
              items: [
                { id: 'role', text: s.attachRole, disabled: !lives },
                { id: 'metadata', text: s.metadata, disabled: !lives },
                { id: 'protection', text: s.protection, disabled: !lives },
                { id: 'tags', text: s.tags, disabled: !one },
              ],
            },
            { text: s.security, items: [{ id: 'role-2', text: s.modifyRole, disabled: !lives }] },
            { text: s.monitor, items: [{ id: 'log', text: s.log, disabled: !one }] },
          ]}
          onItemClick={({ detail }) => chosen(detail.id)}
        >
          {s.title}
        </ButtonDropdown>
      </SpaceBetween>
      {asked === 'terminate' && (
        <Confirm
          header={s.terminateHeader(ids)}
          word={s.terminateWord}
          button={s.terminate}
          commands={command('terminate')}
          onDismiss={dismiss}
          onConfirm={() => act('terminate')}
        >
          {ids.length > 1 && <Box>{s.listed(ids)}</Box>}
          <Box>{s.terminateWarning}</Box>
        </Confirm>
      )}
      {(asked === 'start' || asked === 'stop' || asked === 'reboot') && (
        <FormModal
          header={s.ask[asked](ids)}
          button={s[asked]}
          commands={command(asked)}
          onSubmit={() => act(asked)}
          onDismiss={dismiss}
        >
          {ids.length > 1 && <Box>{s.listed(ids)}</Box>}
          <Box>{s.consequence[asked]}</Box>
        </FormModal>
      )}
      {asked === 'metadata' && one && <MetadataOptions instance={one} reload={reload} onDismiss={dismiss} />}
      {asked === 'protection' && one && <TerminationProtection id={id} onDismiss={dismiss} />}
    </>
  );
}
