/** Create a customer managed policy: its text first, then its name. */
import { CreatePolicyCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TagEditorProps } from '@cloudscape-design/components/tag-editor';
import Textarea from '@cloudscape-design/components/textarea';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction } from '../data';
import { navigate, follow, href } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { compact, iam, policyPath, pretty, tagOptions } from './api';
import { lint } from './editor/lint';
import { LIMITS, PolicyEditor } from './editor/policy-editor';
import { givenTags, NewTags } from './permission-step';
import { Summary } from './summary';

const s = t.iam.policies;
const FRESH = pretty({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: [], Resource: '*' }] });

export default function CreatePolicy() {
  const [step, setStep] = useState(0);
  const [text, setText] = useState(FRESH);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState<readonly TagEditorProps.Tag[]>([]);
  const [tagsValid, setTagsValid] = useState(true);
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const problem = lint(text, 'identity').find(({ severity }) => severity === 'error')?.message ?? '';
  const nameError = /^[\w+=,.@-]{1,128}$/.test(name) ? '' : t.iam.inline.nameInvalid;
  const given = givenTags(tags);

  const change = (to: number) => {
    setTried(true);
    if (to > step && problem) return;
    setTried(false);
    setStep(to);
  };
  const create = async () => {
    setTried(true);
    if (nameError || !tagsValid) return;
    await run(async () => {
      const { Policy } = await iam().send(
        new CreatePolicyCommand({
          PolicyName: name,
          PolicyDocument: text,
          Description: description || undefined,
          ...(given.length ? { Tags: given } : {}),
        }),
      );
      push(
        'success',
        s.created(name),
        <Button href={href(policyPath(Policy?.Arn ?? ''))} onFollow={follow}>
          {s.view}
        </Button>,
      );
      navigate('/iam/policies');
    });
  };

  return (
    <Wizard
      activeStepIndex={step}
      onNavigate={({ detail }) => change(detail.requestedStepIndex)}
      onCancel={() => navigate('/iam/policies')}
      onSubmit={() => void create()}
      isLoadingNextStep={busy}
      submitButtonText={s.create}
      i18nStrings={{
        stepNumberLabel: t.iam.create.step,
        collapsedStepsLabel: t.iam.create.steps,
        cancelButton: t.cancel,
        previousButton: t.previous,
        nextButton: t.next,
        navigationAriaLabel: s.create,
      }}
      steps={[
        {
          title: s.specify,
          description: s.specifyHint,
          content: (
            <FormField stretch errorText={tried ? problem : ''}>
              <PolicyEditor text={text} onChange={setText} limit={LIMITS.managed} refused={error} />
            </FormField>
          ),
        },
        {
          title: s.review,
          content: (
            <SpaceBetween size="l">
              <ErrorAlert error={error} />
              <Container header={<Header variant="h2">{s.details}</Header>}>
                <SpaceBetween size="m">
                  <FormField label={s.name} errorText={tried ? nameError : ''} constraintText={t.iam.inline.nameRule}>
                    <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
                  </FormField>
                  <FormField label={t.description} constraintText={s.descriptionRule}>
                    <Textarea value={description} rows={2} onChange={({ detail }) => setDescription(detail.value)} />
                  </FormField>
                </SpaceBetween>
              </Container>
              <Container header={<Header variant="h2">{t.iam.editor.summary.header}</Header>}>
                <Summary text={text} level="h3" />
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
                  aws('iam', 'create-policy', {
                    'policy-name': name || 'NAME',
                    'policy-document': compact(text),
                    description: description || undefined,
                    tags: given.length ? tagOptions(given) : undefined,
                  }),
                ]}
              />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}
