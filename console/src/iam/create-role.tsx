/** Create a role in three steps, as in AWS's console: whom it trusts, what it may do, what it is called. */
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import Tiles from '@cloudscape-design/components/tiles';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { isCode } from '../errors';
import { follow, href, navigate, pathOf } from '../routing';
import { session } from '../session';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { attach, createCommands, EC2_TRUST, iam, listPolicies, makeProfile, type NewRole, pretty } from './api';
import { PolicyTable } from './policy-table';

const s = t.iam.create;
type Kind = 'service' | 'account' | 'custom';

function accountTrust(account: string, externalId: string | undefined): unknown {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'sts:AssumeRole',
        ...(externalId ? { Condition: { StringEquals: { 'sts:ExternalId': externalId } } } : {}),
      },
    ],
  };
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return s.notJson(error instanceof Error ? error.message : String(error));
  }
}

export default function CreateRole() {
  const own = session().account;
  const policies = useLoad(listPolicies, 'policies');
  const [step, setStep] = useState(0);
  const [kind, setKind] = useState<Kind>('service');
  const [whose, setWhose] = useState<'own' | 'other'>('own');
  const [account, setAccount] = useState('');
  const [external, setExternal] = useState(false);
  const [externalId, setExternalId] = useState('');
  const [custom, setCustom] = useState(() => pretty(EC2_TRUST));
  const [chosen, setChosen] = useState<string[]>([]);
  const [boundary, setBoundary] = useState<string>();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tried, setTried] = useState(false);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();

  const trust =
    kind === 'service'
      ? pretty(EC2_TRUST)
      : kind === 'account'
        ? pretty(accountTrust(whose === 'own' ? own : account, external ? externalId : undefined))
        : custom;
  const role: NewRole = {
    name,
    description: description || (kind === 'service' ? s.ec2Description : ''),
    trust,
    policies: chosen,
    boundary,
    withProfile: kind === 'service',
  };
  const accountError = kind === 'account' && whose === 'other' && !/^\d{12}$/.test(account) ? s.accountInvalid : '';
  const externalError = kind === 'account' && external && externalId.length < 2 ? s.externalInvalid : '';
  const customError = kind === 'custom' ? jsonProblem(custom) : undefined;
  const nameError = /^[\w+=,.@-]{1,64}$/.test(name) ? '' : name ? s.nameInvalid : s.nameMissing;
  const trustError = accountError || externalError || customError || '';
  const malformed = isCode(error, 'MalformedPolicyDocumentException');

  const create = async () => {
    setTried(true);
    if (nameError) return;
    let made = '';
    await run(async () => {
      await iam().send(
        new CreateRoleCommand({
          RoleName: name,
          AssumeRolePolicyDocument: trust,
          Description: role.description || undefined,
          PermissionsBoundary: boundary,
        }),
      );
      made = name;
      for (const arn of chosen) await attach(name, arn);
      if (role.withProfile) await makeProfile(name);
      push(
        'success',
        s.created(name),
        <Button href={href(pathOf('iam', 'roles', name))} onFollow={follow}>
          {s.view}
        </Button>,
      );
      navigate('/iam/roles');
    });
    if (made && location.pathname.endsWith('/create')) {
      push('warning', s.partly(made));
    }
  };

  const change = (to: number) => {
    setTried(true);
    if (to > step && step === 0 && trustError) return;
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
              <Container header={<Header variant="h2">{s.trust.kind}</Header>}>
                <Tiles
                  value={kind}
                  onChange={({ detail }) => setKind(detail.value as Kind)}
                  ariaLabel={s.trust.kind}
                  items={[
                    { value: 'service', label: s.trust.service, description: s.trust.serviceHint },
                    { value: 'account', label: s.trust.account, description: s.trust.accountHint },
                    { value: 'custom', label: s.trust.custom, description: s.trust.customHint },
                  ]}
                />
              </Container>
              {kind === 'service' && (
                <Container header={<Header variant="h2">{s.trust.useCase}</Header>}>
                  <RadioGroup
                    value="ec2"
                    ariaLabel={s.trust.useCase}
                    items={[{ value: 'ec2', label: 'EC2', description: s.trust.ec2Hint }]}
                  />
                </Container>
              )}
              {kind === 'account' && (
                <Container header={<Header variant="h2">{s.trust.account}</Header>}>
                  <SpaceBetween size="m">
                    <RadioGroup
                      value={whose}
                      ariaLabel={s.trust.account}
                      onChange={({ detail }) => setWhose(detail.value as 'own' | 'other')}
                      items={[
                        { value: 'own', label: s.trust.own(own) },
                        { value: 'other', label: s.trust.other },
                      ]}
                    />
                    {whose === 'other' && (
                      <FormField label={s.trust.accountId} errorText={tried ? accountError : ''}>
                        <Input
                          value={account}
                          onChange={({ detail }) => setAccount(detail.value)}
                          inputMode="numeric"
                          placeholder="111122223333"
                        />
                      </FormField>
                    )}
                    <Checkbox
                      checked={external}
                      onChange={({ detail }) => setExternal(detail.checked)}
                      description={s.trust.externalHint}
                    >
                      {s.trust.external}
                    </Checkbox>
                    {external && (
                      <FormField label={s.trust.externalId} errorText={tried ? externalError : ''}>
                        <Input value={externalId} onChange={({ detail }) => setExternalId(detail.value)} />
                      </FormField>
                    )}
                  </SpaceBetween>
                </Container>
              )}
              {kind === 'custom' && (
                <Container header={<Header variant="h2">{s.trust.custom}</Header>}>
                  <FormField label={s.trust.document} stretch errorText={customError} description={s.trust.documentHint}>
                    <div className="mono">
                      <Textarea
                        value={custom}
                        onChange={({ detail }) => setCustom(detail.value)}
                        rows={16}
                        spellcheck={false}
                        ariaLabel={s.trust.document}
                      />
                    </div>
                  </FormField>
                </Container>
              )}
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
              <ExpandableSection variant="container" headerText={s.permissions.boundary}>
                <FormField description={s.permissions.boundaryHint} label={s.permissions.boundaryPolicy}>
                  <Select
                    filteringType="auto"
                    selectedOption={{ value: boundary ?? '', label: boundary?.split('/').pop() ?? s.permissions.noBoundary }}
                    options={[
                      { value: '', label: s.permissions.noBoundary },
                      ...(policies.data ?? []).map(({ Arn, PolicyName }) => ({ value: Arn ?? '', label: PolicyName ?? '' })),
                    ]}
                    onChange={({ detail }) => setBoundary(detail.selectedOption.value || undefined)}
                  />
                </FormField>
              </ExpandableSection>
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
                <pre className="document">{trust}</pre>
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
                    ...(role.withProfile
                      ? [{ label: t.iam.role.profile, value: s.review.profile(name || '…') }]
                      : []),
                  ]}
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
