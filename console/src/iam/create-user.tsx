/** Create a user in steps, as in AWS's console: who, with which permissions, and the password shown once. */
import { CreateLoginProfileCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TagEditorProps } from '@cloudscape-design/components/tag-editor';
import Tiles from '@cloudscape-design/components/tiles';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { navigate, pathOf } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { compact, iam, listGroups, listPolicies, listUsers, tagOptions } from './api';
import { attachedTo, attachTo, boundaryOf, commands, inlineOf, inlineText, putInline } from './identity';
import { type Choice, FRESH, PasswordChoice, PasswordOnce } from './password-choice';
import { BoundaryChoice, givenTags, NewTags } from './permission-step';
import { PolicyTable } from './policy-table';
import { groupsOf, join, newPassword } from './users-api';

const s = t.iam.users.make;
type How = 'groups' | 'copy' | 'attach';
const CHANGE_PASSWORD = 'arn:aws:iam::aws:policy/IAMUserChangePassword';

export default function CreateUser() {
  const policies = useLoad(listPolicies, 'policies');
  const groups = useLoad(listGroups, 'groups');
  const users = useLoad(listUsers, 'users');
  const [step, setStep] = useState(0);
  const [name, setName] = useState('');
  const [console_, setConsole] = useState(false);
  const [choice, setChoice] = useState<Choice>(FRESH);
  const [how, setHow] = useState<How>('groups');
  const [joined, setJoined] = useState<string[]>([]);
  const [copied, setCopied] = useState('');
  const [attached, setAttached] = useState<string[]>([]);
  const [boundary, setBoundary] = useState<string>();
  const [tags, setTags] = useState<readonly TagEditorProps.Tag[]>([]);
  const [tagsValid, setTagsValid] = useState(true);
  const [tried, setTried] = useState(false);
  const [once, setOnce] = useState('');
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const source = useLoad(async () => {
    if (!copied) return { groups: [], policies: [], inline: [], boundary: '' };
    const from = { kind: 'user' as const, name: copied };
    const [groups, attached, names, boundary] = await Promise.all([groupsOf(copied), attachedTo(from), inlineOf(from), boundaryOf(from)]);
    const inline = await Promise.all(names.map(async (policy) => ({ policy, text: await inlineText(from, policy) })));
    return { groups, policies: attached.map(({ PolicyArn }) => PolicyArn ?? ''), inline, boundary };
  }, `copy ${copied}`);

  const nameError = /^[\w+=,.@-]{1,64}$/.test(name) ? '' : s.nameInvalid;
  const passwordError = console_ && choice.kind === 'own' && !choice.own ? s.passwordMissing : '';
  const wantedGroups = how === 'groups' ? joined : how === 'copy' ? (source.data?.groups ?? []) : [];
  const wantedPolicies = [
    ...(how === 'attach' ? attached : how === 'copy' ? (source.data?.policies ?? []) : []),
    ...(console_ && choice.mustChange ? [CHANGE_PASSWORD] : []),
  ].filter((each, at, list) => list.indexOf(each) === at);
  const wantedInline = how === 'copy' ? (source.data?.inline ?? []) : [];
  const wantedBoundary = boundary ?? ((how === 'copy' && source.data?.boundary) || undefined);
  const given = givenTags(tags);
  const identity = { kind: 'user' as const, name: name || 'NAME' };

  const create = async () => {
    if (!tagsValid) return;
    const password = choice.kind === 'own' ? choice.own : newPassword();
    let made = false as boolean; // it becomes true within the job
    const done = await run(async () => {
      await iam().send(new CreateUserCommand({ UserName: name, PermissionsBoundary: wantedBoundary, ...(given.length ? { Tags: given } : {}) }));
      made = true;
      if (console_) {
        await iam().send(new CreateLoginProfileCommand({ UserName: name, Password: password, PasswordResetRequired: choice.mustChange }));
      }
      for (const group of wantedGroups) await join(name, group);
      for (const arn of wantedPolicies) await attachTo(identity, arn);
      for (const { policy, text } of wantedInline) await putInline(identity, policy, text);
    });
    if (!done) {
      if (made) push('warning', s.partly(name));
      return;
    }
    push('success', s.created(name));
    if (console_) setOnce(password);
    else navigate(pathOf('iam', 'users', name));
  };
  const change = (to: number) => {
    setTried(true);
    if (to > step && step === 0 && (nameError || passwordError)) return;
    // what is copied has to be known before one can look at it
    if (to > step && step === 1 && how === 'copy' && copied && !source.data) return;
    setTried(false);
    setStep(to);
  };

  return (
    <>
      <Wizard
        activeStepIndex={step}
        onNavigate={({ detail }) => change(detail.requestedStepIndex)}
        onCancel={() => navigate('/iam/users')}
        onSubmit={() => void create()}
        isLoadingNextStep={busy || (step === 1 && how === 'copy' && source.loading)}
        submitButtonText={t.iam.users.create}
        i18nStrings={{
          stepNumberLabel: t.iam.create.step,
          collapsedStepsLabel: t.iam.create.steps,
          cancelButton: t.cancel,
          previousButton: t.previous,
          nextButton: t.next,
          navigationAriaLabel: t.iam.users.create,
        }}
        steps={[
          {
            title: s.details,
            content: (
              <Container header={<Header variant="h2">{s.who}</Header>}>
                <SpaceBetween size="m">
                  <FormField label={t.iam.users.name} constraintText={s.nameRule} errorText={tried ? nameError : ''}>
                    <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect autoComplete={false} />
                  </FormField>
                  <Checkbox checked={console_} description={s.consoleHint} onChange={({ detail }) => setConsole(detail.checked)}>
                    {s.console}
                  </Checkbox>
                  {console_ && <PasswordChoice choice={choice} onChange={setChoice} />}
                  {tried && passwordError && <FormField errorText={passwordError} />}
                </SpaceBetween>
              </Container>
            ),
          },
          {
            title: s.permissions,
            description: s.permissionsHint,
            isOptional: true,
            content: (
              <SpaceBetween size="l">
                <Container header={<Header variant="h2">{s.how}</Header>}>
                  <Tiles
                    value={how}
                    columns={3}
                    ariaLabel={s.how}
                    onChange={({ detail }) => setHow(detail.value as How)}
                    items={(['groups', 'copy', 'attach'] as const).map((value) => ({ value, label: s.ways[value], description: s.wayHints[value] }))}
                  />
                </Container>
                {how === 'groups' && (
                  <Container header={<Header variant="h2">{t.iam.groups.title}</Header>}>
                    <FormField label={t.iam.users.chooseGroups}>
                      <Multiselect
                        selectedOptions={joined.map((value) => ({ value, label: value }))}
                        options={(groups.data ?? []).map(({ GroupName }) => ({ value: GroupName ?? '', label: GroupName ?? '' }))}
                        filteringType="auto"
                        empty={t.iam.groups.empty}
                        placeholder={t.iam.users.chooseGroups}
                        deselectAriaLabel={({ label }) => `${t.iam.permissions.remove} ${label ?? ''}`}
                        onChange={({ detail }) => setJoined(detail.selectedOptions.map(({ value }) => value ?? ''))}
                      />
                    </FormField>
                  </Container>
                )}
                {how === 'copy' && (
                  <Container header={<Header variant="h2">{s.ways.copy}</Header>}>
                    <SpaceBetween size="s">
                      <FormField label={s.copyFrom}>
                        <Select
                          selectedOption={copied ? { value: copied, label: copied } : null}
                          placeholder={s.chooseUser}
                          filteringType="auto"
                          options={(users.data ?? []).map(({ UserName }) => ({ value: UserName ?? '', label: UserName ?? '' }))}
                          onChange={({ detail }) => setCopied(detail.selectedOption.value ?? '')}
                        />
                      </FormField>
                      <ErrorAlert error={source.error} />
                    </SpaceBetween>
                  </Container>
                )}
                {how === 'attach' && (
                  <PolicyTable loaded={policies} header={t.iam.create.permissions.policies} description={t.iam.create.permissions.hint} selection="multi" selected={attached} onSelected={setAttached} />
                )}
                <BoundaryChoice policies={policies} boundary={boundary} onChange={setBoundary} />
              </SpaceBetween>
            ),
          },
          {
            title: s.review,
            content: (
              <SpaceBetween size="l">
                <ErrorAlert error={error} />
                <Container header={<Header variant="h2">{s.who}</Header>}>
                  <KeyValuePairs
                    columns={2}
                    items={[
                      { label: t.iam.users.name, value: name },
                      { label: t.iam.users.console, value: console_ ? (choice.mustChange ? s.withChange : s.withPassword) : t.iam.users.noConsole },
                      { label: t.iam.groups.title, value: wantedGroups.join(', ') || t.none },
                      { label: t.iam.create.permissions.policies, value: wantedPolicies.map((arn) => arn.split('/').pop()).join(', ') || t.none },
                      { label: t.iam.create.permissions.boundary, value: wantedBoundary?.split('/').pop() ?? t.none },
                      ...(wantedInline.length ? [{ label: s.inline, value: wantedInline.map(({ policy }) => policy).join(', ') }] : []),
                    ]}
                  />
                </Container>
                <Container header={<Header variant="h2">{t.tags}</Header>}>
                  <NewTags
                    tags={tags}
                    onChange={(now, valid) => {
                      setTags(now);
                      setTagsValid(valid);
                    }}
                  />
                </Container>
                <CliCommand
                  lines={[
                    aws('iam', 'create-user', {
                      'user-name': identity.name,
                      'permissions-boundary': wantedBoundary,
                      tags: given.length ? tagOptions(given) : undefined,
                    }),
                    ...(console_
                      ? [aws('iam', 'create-login-profile', { 'user-name': identity.name, password: 'PASSWORD', 'password-reset-required': choice.mustChange })]
                      : []),
                    ...wantedGroups.map((group) => aws('iam', 'add-user-to-group', { 'user-name': identity.name, 'group-name': group })),
                    ...wantedPolicies.map((arn) => commands.attach(identity, arn)),
                    ...wantedInline.map(({ policy, text }) => commands.putInline(identity, policy, compact(text))),
                  ]}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      {once && (
        <PasswordOnce
          name={name}
          password={once}
          onDismiss={() => {
            setOnce('');
            navigate(pathOf('iam', 'users', name));
          }}
        />
      )}
    </>
  );
}
