/** Modify IAM role: put one on a running instance, change it, or take it off. */
import {
  AssociateIamInstanceProfileCommand,
  DisassociateIamInstanceProfileCommand,
  ReplaceIamInstanceProfileAssociationCommand,
} from '@aws-sdk/client-ec2';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { listInstanceProfiles } from '../iam/api';
import { navigate, pathOf } from '../routing';
import { CliCommand, Confirm, Copyable, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { associationOf, ec2 } from './api';
import { NewRole } from './new-role';

const s = t.ec2.role;
export const NO_ROLE = '';

export default function ModifyRole({ id }: { id: string }) {
  const place = pathOf('ec2', 'instances', id);
  const profiles = useLoad(listInstanceProfiles, 'profiles');
  const association = useLoad(async () => (await associationOf(id)) ?? null, id);
  const [picked, setPicked] = useState<string>();
  const [detaching, setDetaching] = useState(false);
  const [making, setMaking] = useState(false);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const now = association.data?.IamInstanceProfile?.Arn?.split('/').pop() ?? NO_ROLE;
  const choice = picked ?? now;
  const associationId = association.data?.AssociationId;

  const options = [
    { value: NO_ROLE, label: s.none, description: s.noneHint },
    ...(profiles.data ?? []).map(({ InstanceProfileName, Roles, Arn }) => ({
      value: InstanceProfileName ?? '',
      label: Roles?.[0]?.RoleName ?? InstanceProfileName ?? '',
      description: Roles?.length ? (Arn ?? '') : s.emptyProfile,
      disabled: !Roles?.length,
    })),
  ];
  const profile = `Name=${choice}`;
  const commands = !choice
    ? [aws('ec2', 'disassociate-iam-instance-profile', { 'association-id': associationId ?? 'ASSOCIATION-ID' })]
    : associationId
      ? [
          aws('ec2', 'replace-iam-instance-profile-association', {
            'association-id': associationId,
            'iam-instance-profile': profile,
          }),
        ]
      : [aws('ec2', 'associate-iam-instance-profile', { 'instance-id': id, 'iam-instance-profile': profile })];

  const done = (message: string) => {
    push('success', message);
    navigate(place);
  };
  const detach = async () => {
    await ec2().send(new DisassociateIamInstanceProfileCommand({ AssociationId: associationId }));
    done(s.detached(id));
  };
  const save = () =>
    run(async () => {
      const IamInstanceProfile = { Name: choice };
      // what counts is what is there now, which another tab or user may have changed
      const current = await associationOf(id);
      if ((current?.AssociationId ?? '') !== (associationId ?? '')) {
        await association.reload();
        throw Object.assign(new Error(s.changed), { name: s.changedCode });
      }
      if (associationId) {
        await ec2().send(
          new ReplaceIamInstanceProfileAssociationCommand({ AssociationId: associationId, IamInstanceProfile }),
        );
      } else {
        await ec2().send(new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile }));
      }
      done(s.attached(choice, id));
    });

  return (
    <Form
      header={
        <Header variant="h1" description={s.description}>
          {s.title}
        </Header>
      }
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={() => navigate(place)}>
            {t.cancel}
          </Button>
          <Button
            variant="primary"
            loading={busy}
            disabled={choice === now || association.loading}
            onClick={() => (choice ? void save() : setDetaching(true))}
          >
            {s.update}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <ErrorAlert error={error ?? profiles.error ?? association.error} />
        <Container>
          <SpaceBetween size="m">
            <FormField label={t.ec2.instances.id}>
              <Copyable text={id} label={t.ec2.instances.id} />
            </FormField>
            <FormField
              label={s.role}
              description={s.roleHint}
              secondaryControl={
                <Button
                  iconName="refresh"
                  ariaLabel={s.refresh}
                  onClick={() => void Promise.all([profiles.reload(), association.reload()])}
                />
              }
              constraintText={<Button variant="inline-link" onClick={() => setMaking(true)}>{s.create}</Button>}
            >
              <Select
                selectedOption={options.find(({ value }) => value === choice) ?? { value: choice, label: choice }}
                options={options}
                filteringType="auto"
                statusType={profiles.loading ? 'loading' : 'finished'}
                loadingText={t.loading}
                onChange={({ detail }) => setPicked(detail.selectedOption.value ?? NO_ROLE)}
                ariaLabel={s.role}
              />
            </FormField>
            {!choice && now && <Alert type="warning">{s.detachWarning}</Alert>}
            {choice && now && choice !== now && <Alert type="info">{s.replaceNote(now)}</Alert>}
          </SpaceBetween>
        </Container>
        <CliCommand lines={commands} />
      </SpaceBetween>
      {making && (
        <NewRole
          onDismiss={() => setMaking(false)}
          onMade={async (made) => {
            await profiles.reload();
            setPicked(made);
          }}
        />
      )}
      {detaching && (
        <Confirm
          header={s.detachHeader}
          word={s.detachWord}
          button={s.detachButton}
          commands={commands}
          onDismiss={() => setDetaching(false)}
          onConfirm={detach}
        >
          <Box>{s.detachWarning}</Box>
        </Confirm>
      )}
    </Form>
  );
}
