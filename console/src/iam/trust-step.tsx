/** Whom a new role trusts, asked as AWS's console asks it, and the trust policy that follows from the answers. */
import {
  ListOpenIDConnectProvidersCommand,
  ListSAMLProvidersCommand,
  GetOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { useLoad } from '../data';
import { To } from '../routing';
import { session } from '../session';
import { t } from '../strings';
import { EC2_TRUST, iam, pretty } from './api';
import { LIMITS, PolicyEditor } from './editor/policy-editor';
import { lint } from './editor/lint';

const s = t.iam.create.trust;

export type Kind = 'service' | 'account' | 'web' | 'saml' | 'custom';

/** What the first step asks. */
export interface Answers {
  kind: Kind;
  service: string;
  whose: 'own' | 'other';
  account: string;
  external: boolean;
  externalId: string;
  mfa: boolean;
  provider: string;
  audience: string;
  subject: string;
  custom: string;
}

export const START: Answers = {
  kind: 'service',
  service: 'ec2.amazonaws.com',
  whose: 'own',
  account: '',
  external: false,
  externalId: '',
  mfa: false,
  provider: '',
  audience: '',
  subject: '',
  custom: pretty(EC2_TRUST),
};

const policy = (principal: unknown, action: string | string[], condition: Record<string, Record<string, unknown>> = {}) =>
  pretty({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: principal, Action: action, ...(Object.keys(condition).length ? { Condition: condition } : {}) },
    ],
  });

/** The trust policy that the answers mean. */
export function trustOf(answers: Answers): string {
  switch (answers.kind) {
    case 'service':
      return policy({ Service: answers.service }, 'sts:AssumeRole');
    case 'account': {
      const account = answers.whose === 'own' ? session().account : answers.account;
      return policy({ AWS: `arn:aws:iam::${account}:root` }, 'sts:AssumeRole', {
        ...(answers.external ? { StringEquals: { 'sts:ExternalId': answers.externalId } } : {}),
        ...(answers.mfa ? { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } : {}),
      });
    }
    case 'web': {
      const host = answers.provider.split(':oidc-provider/')[1] ?? '';
      return policy({ Federated: answers.provider }, 'sts:AssumeRoleWithWebIdentity', {
        StringEquals: { [`${host}:aud`]: answers.audience, ...(answers.subject ? { [`${host}:sub`]: answers.subject } : {}) },
      });
    }
    case 'saml':
      return policy({ Federated: answers.provider }, ['sts:AssumeRoleWithSAML', 'sts:TagSession'], {
        StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' },
      });
    case 'custom':
      return answers.custom;
  }
}

/** What is wrong with the answers, by the field it is about. */
export function problemsOf(answers: Answers): Partial<Record<keyof Answers, string>> {
  const { kind } = answers;
  const found: Partial<Record<keyof Answers, string>> = {};
  if (kind === 'account' && answers.whose === 'other' && !/^\d{12}$/.test(answers.account)) found.account = t.iam.create.accountInvalid;
  if (kind === 'account' && answers.external && answers.externalId.length < 2) found.externalId = t.iam.create.externalInvalid;
  if ((kind === 'web' || kind === 'saml') && !answers.provider) found.provider = s.providerMissing;
  if (kind === 'web' && !answers.audience) found.audience = s.audienceMissing;
  if (kind === 'service' && !/\.amazonaws\.com(\.cn)?$/.test(answers.service)) found.service = s.serviceInvalid;
  if (kind === 'custom') {
    const error = lint(answers.custom, 'trust').find(({ severity }) => severity === 'error');
    if (error) found.custom = error.message;
  }
  return found;
}

interface Props {
  answers: Answers;
  tried: boolean;
  refused: unknown;
  onChange: (answers: Answers) => void;
}

export function TrustStep({ answers, tried, refused, onChange }: Props) {
  const put = (changed: Partial<Answers>) => onChange({ ...answers, ...changed });
  const problems = tried ? problemsOf(answers) : {};
  const providers = useLoad(async () => {
    const [web, saml] = await Promise.all([
      iam().send(new ListOpenIDConnectProvidersCommand({})),
      iam().send(new ListSAMLProvidersCommand({})),
    ]);
    const arnsOf = (list: { Arn?: string | undefined }[] | undefined) => (list ?? []).map(({ Arn }) => Arn ?? '');
    return { web: arnsOf(web.OpenIDConnectProviderList), saml: arnsOf(saml.SAMLProviderList) };
  }, 'providers');
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{s.kind}</Header>}>
        <Tiles
          value={answers.kind}
          columns={3}
          onChange={({ detail }) => put({ kind: detail.value as Kind, provider: '' })}
          ariaLabel={s.kind}
          items={[
            { value: 'service', label: s.service, description: s.serviceHint },
            { value: 'account', label: s.account, description: s.accountHint },
            { value: 'web', label: s.web, description: s.webHint },
            { value: 'saml', label: s.saml, description: s.samlHint },
            { value: 'custom', label: s.custom, description: s.customHint },
          ]}
        />
      </Container>
      {answers.kind === 'service' && <ServiceCase answers={answers} problem={problems.service} put={put} />}
      {answers.kind === 'account' && <AccountCase answers={answers} problems={problems} put={put} />}
      {(answers.kind === 'web' || answers.kind === 'saml') && (
        <ProviderCase answers={answers} problems={problems} put={put} arns={providers.data?.[answers.kind]} />
      )}
      {answers.kind === 'custom' && (
        <Container header={<Header variant="h2" description={s.documentHint}>{s.custom}</Header>}>
          <FormField stretch errorText={problems.custom}>
            <PolicyEditor kind="trust" label={s.document} text={answers.custom} onChange={(custom) => put({ custom })} limit={LIMITS.trust} refused={refused} />
          </FormField>
        </Container>
      )}
    </SpaceBetween>
  );
}

interface CaseProps {
  answers: Answers;
  problems: Partial<Record<keyof Answers, string>>;
  put: (changed: Partial<Answers>) => void;
}

function ServiceCase({ answers, problem, put }: { answers: Answers; problem: string | undefined; put: CaseProps['put'] }) {
  const common = s.useCases.find(({ service }) => service === answers.service);
  return (
    <Container header={<Header variant="h2" description={s.useCaseDescription}>{s.useCase}</Header>}>
      <SpaceBetween size="m">
        <RadioGroup
          value={common && common.service === 'ec2.amazonaws.com' ? 'ec2' : 'other'}
          ariaLabel={s.useCase}
          onChange={({ detail }) => put({ service: detail.value === 'ec2' ? 'ec2.amazonaws.com' : 'lambda.amazonaws.com' })}
          items={[
            { value: 'ec2', label: 'EC2', description: s.ec2Hint },
            { value: 'other', label: s.otherService, description: s.otherServiceHint },
          ]}
        />
        {answers.service !== 'ec2.amazonaws.com' && (
          <FormField label={s.servicePrincipal} errorText={problem}>
            <Autosuggest
              value={answers.service}
              options={s.useCases.map(({ service, label }) => ({ value: service, description: label }))}
              enteredTextLabel={t.iam.editor.visual.enter}
              onChange={({ detail }) => put({ service: detail.value })}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Container>
  );
}

function AccountCase({ answers, problems, put }: CaseProps) {
  return (
    <Container header={<Header variant="h2">{s.account}</Header>}>
      <SpaceBetween size="m">
        <RadioGroup
          value={answers.whose}
          ariaLabel={s.account}
          onChange={({ detail }) => put({ whose: detail.value as 'own' | 'other' })}
          items={[
            { value: 'own', label: s.own(session().account) },
            { value: 'other', label: s.other },
          ]}
        />
        {answers.whose === 'other' && (
          <FormField label={s.accountId} errorText={problems.account}>
            <Input value={answers.account} inputMode="numeric" placeholder="111122223333" onChange={({ detail }) => put({ account: detail.value })} />
          </FormField>
        )}
        <Checkbox checked={answers.external} description={s.externalHint} onChange={({ detail }) => put({ external: detail.checked })}>
          {s.external}
        </Checkbox>
        {answers.external && (
          <FormField label={s.externalId} errorText={problems.externalId}>
            <Input value={answers.externalId} onChange={({ detail }) => put({ externalId: detail.value })} />
          </FormField>
        )}
        <Checkbox checked={answers.mfa} description={s.mfaHint} onChange={({ detail }) => put({ mfa: detail.checked })}>
          {s.mfa}
        </Checkbox>
      </SpaceBetween>
    </Container>
  );
}

function ProviderCase({ answers, problems, put, arns }: CaseProps & { arns: string[] | undefined }) {
  const audiences = useLoad(async () => {
    if (answers.kind !== 'web' || !answers.provider) return [];
    const reply = await iam().send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: answers.provider }));
    return reply.ClientIDList ?? [];
  }, answers.provider);
  const web = answers.kind === 'web';
  return (
    <Container header={<Header variant="h2">{web ? s.web : s.saml}</Header>}>
      <SpaceBetween size="m">
        {arns?.length === 0 && (
          <Alert type="info">
            {s.noProviders} <To path="/iam/providers">{t.iam.providers.title}</To>
          </Alert>
        )}
        <FormField label={s.provider} errorText={problems.provider}>
          <Select
            selectedOption={answers.provider ? { value: answers.provider, label: answers.provider.split('-provider/')[1] ?? '' } : null}
            placeholder={s.chooseProvider}
            options={(arns ?? []).map((value) => ({ value, label: value.split('-provider/')[1] ?? value }))}
            onChange={({ detail }) => put({ provider: detail.selectedOption.value ?? '', audience: '' })}
          />
        </FormField>
        {web && (
          <>
            <FormField label={s.audience} errorText={problems.audience}>
              <Select
                selectedOption={answers.audience ? { value: answers.audience, label: answers.audience } : null}
                placeholder={s.chooseAudience}
                options={(audiences.data ?? []).map((value) => ({ value, label: value }))}
                onChange={({ detail }) => put({ audience: detail.selectedOption.value ?? '' })}
              />
            </FormField>
            <FormField label={<span>{s.subject} <i>– {t.optional}</i></span>} description={s.subjectHint}>
              <Input value={answers.subject} onChange={({ detail }) => put({ subject: detail.value })} />
            </FormField>
          </>
        )}
        {!web && <Box color="text-body-secondary">{s.samlNote}</Box>}
      </SpaceBetween>
    </Container>
  );
}
