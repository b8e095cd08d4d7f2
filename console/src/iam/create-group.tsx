/** Create a group, with users and policies at once. */
import { CreateGroupCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { navigate, pathOf } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { iam, listPolicies } from './api';
import { UserChoice } from './group';
import { attachTo, commands } from './identity';
import { PolicyTable } from './policy-table';
import { join } from './users-api';

const s = t.iam.groups;

export default function CreateGroup() {
  const policies = useLoad(listPolicies, 'policies');
  const [name, setName] = useState('');
  const [users, setUsers] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const nameError = /^[\w+=,.@-]{1,128}$/.test(name) ? '' : s.nameInvalid;
  const identity = { kind: 'group' as const, name: name || 'NAME' };
  const create = async () => {
    setTried(true);
    if (nameError) return;
    let made = false as boolean; // it becomes true within the job
    const done = await run(async () => {
      await iam().send(new CreateGroupCommand({ GroupName: name }));
      made = true;
      for (const user of users) await join(user, name);
      for (const arn of chosen) await attachTo(identity, arn);
    });
    if (done) push('success', s.created(name));
    else if (made) push('warning', s.partly(name));
    if (done) navigate(pathOf('iam', 'groups', name));
  };
  return (
    <Form
      header={<Header variant="h1">{s.create}</Header>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={() => navigate('/iam/groups')}>
            {t.cancel}
          </Button>
          <Button variant="primary" loading={busy} onClick={() => void create()}>
            {s.create}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <ErrorAlert error={error} />
        <Container header={<Header variant="h2">{s.nameHeader}</Header>}>
          <SpaceBetween size="m">
            <FormField label={s.name} constraintText={t.iam.inline.nameRule} errorText={tried ? nameError : ''}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
            </FormField>
            <UserChoice chosen={users} onChange={setUsers} />
          </SpaceBetween>
        </Container>
        <PolicyTable loaded={policies} header={s.attach} selection="multi" selected={chosen} onSelected={setChosen} />
        <CliCommand
          lines={[
            aws('iam', 'create-group', { 'group-name': identity.name }),
            ...users.map((user) => aws('iam', 'add-user-to-group', { 'group-name': identity.name, 'user-name': user })),
            ...chosen.map((arn) => commands.attach(identity, arn)),
          ]}
        />
      </SpaceBetween>
    </Form>
  );
}
