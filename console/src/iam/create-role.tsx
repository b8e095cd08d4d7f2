/** Create a role in three steps, as in AWS's console: whom it trusts, what it may do, what it is called. */
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TagEditorProps } from '@cloudscape-design/components/tag-editor';
import Textarea from '@cloudscape-design/components/textarea';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { isCode } from '../errors';
import { follow, href, navigate, pathOf } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { attach, createCommands, iam, listPolicies, makeProfile, type NewRole } from './api';
import { BoundaryChoice, givenTags, NewTags } from './permission-step';
import { PolicyTable } from './policy-table';
import { type Answers, problemsOf, START, TrustStep, trustOf } from './trust-step';

const s = t.iam.create;

export default function CreateRole() {
  const policies = useLoad(listPolicies, 'policies');
  const [step, setStep] = useState(0);
  const [answers, setAnswers] = useState<Answers>(START);
  const [chosen, setChosen] = useState<string[]>([]);
  const [boundary, setBoundary] = useState<string>();
  const [name, setName] = useState('');
  const [description, setDescription] = useState<string>();
  const [tags, setTags] = useState<readonly TagEditorProps.Tag[]>([]);
  const [tagsValid, setTagsValid] = useState(true);
  const [tried, setTried] = useState(false);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();

  const forEc2 = answers.kind === 'service' && answers.service === 'ec2.amazonaws.com';
  const role: NewRole = {
    name,
    description: description ?? (forEc2 ? s.ec2Description : ''),
    trust: trustOf(answers),
    policies: chosen,
    boundary,
    withProfile: forEc2,
    tags: givenTags(tags),
  };
  const nameError = /^[\w+=,.@-]{1,64}$/.test(name) ? '' : name ? s.nameInvalid : s.nameMissing;
  const malformed = isCode(error, 'MalformedPolicyDocumentException');

  const create = async () => {
    setTried(true);
    if (nameError || !tagsValid) return;
    let made = false as boolean; // it becomes true within the job
    const done = await run(async () => {
      await iam().send(
        new CreateRoleCommand({
          RoleName: name,
          AssumeRolePolicyDocument: role.trust,
          Description: role.description || undefined,
          PermissionsBoundary: boundary,
          ...(role.tags?.length ? { Tags: role.tags } : {}),
        }),
      );
      made = true;
      for (const arn of chosen) await attach(name, arn);
      if (role.withProfile) await makeProfile(name);
    });
    if (done) {
      push(
        'success',
        s.created(name),
        <Button href={href(pathOf('iam', 'roles', name))} onFollow={follow}>
          {s.view}
        </Button>,
      );
      navigate('/iam/roles');
    } else if (made) push('warning', s.partly(name));
  };

  const change = (to: number) => {
    setTried(true);
    if (to > step && step === 0 && Object.keys(problemsOf(answers)).length) return;
    setTried(false);
    if (to < step) clear();
    setStep(to);
  };

  return (
    <Wizard
      activeStepIndex={step}
      onNavigate={({ detail }) => change(detail.requestedStepIndex)}
      onCancel={() => navigate('/iam/roles')}
      onSubmit={() => void create()}
      isLoadingNextStep={busy}
      submitButtonText={s.submit}
      i18nStrings={{
        stepNumberLabel: s.step,
        collapsedStepsLabel: s.steps,
        cancelButton: t.cancel,
        previousButton: t.previous,
        nextButton: t.next,
        navigationAriaLabel: s.title,
      }}
      steps={[
        {
          title: s.trust.title,
          description: s.trust.description,
          content: (
            <SpaceBetween size="l">
              <ErrorAlert error={malformed ? error : undefined} />
              <TrustStep answers={answers} tried={tried} refused={malformed ? error : undefined} onChange={setAnswers} />
            </SpaceBetween>
          ),
        },
        {
          title: s.permissions.title,
          description: s.permissions.description,
          isOptional: true,
          content: (
            <SpaceBetween size="l">
              <PolicyTable
                loaded={policies}
                header={s.permissions.policies}
                description={s.permissions.hint}
                selection="multi"
                selected={chosen}
                onSelected={setChosen}
              />
              <BoundaryChoice policies={policies} boundary={boundary} onChange={setBoundary} />
            </SpaceBetween>
          ),
        },
        {
          title: s.review.title,
          content: (
            <SpaceBetween size="l">
              <ErrorAlert error={error} />
              <Container header={<Header variant="h2">{s.review.details}</Header>}>
                <SpaceBetween size="m">
                  <FormField
                    label={t.iam.roles.name}
                    description={s.review.nameHint}
                    constraintText={s.review.nameRule}
                    errorText={tried ? nameError : ''}
                  >
                    <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
                  </FormField>
                  <FormField label={t.description} constraintText={s.review.descriptionRule}>
                    <Textarea value={role.description} onChange={({ detail }) => setDescription(detail.value)} rows={2} />
                  </FormField>
                </SpaceBetween>
              </Container>
              <Container header={<Header variant="h2" actions={<Button onClick={() => change(0)}>{t.edit}</Button>}>{s.review.trust}</Header>}>
                <pre className="document">{role.trust}</pre>
              </Container>
              <Container header={<Header variant="h2" actions={<Button onClick={() => change(1)}>{t.edit}</Button>}>{s.review.permissions}</Header>}>
                <KeyValuePairs
                  columns={2}
                  items={[
                    {
                      label: s.permissions.policies,
                      value: chosen.length ? (
                        chosen.map((arn) => <div key={arn}>{arn.split('/').pop()}</div>)
                      ) : (
                        <Box color="text-status-warning">{s.review.noPermissions}</Box>
                      ),
                    },
                    { label: s.permissions.boundary, value: boundary?.split('/').pop() ?? t.none },
                    ...(role.withProfile ? [{ label: t.iam.role.profile, value: s.review.profile(name || '…') }] : []),
                  ]}
                />
              </Container>
              <Container header={<Header variant="h2" description={t.iam.role.tagsHint}>{s.review.tags}</Header>}>
                <NewTags
                  tags={tags}
                  onChange={(now, valid) => {
                    setTags(now);
                    setTagsValid(valid);
                  }}
                />
              </Container>
              <CliCommand lines={createCommands({ ...role, name: name || 'NAME' })} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}
