/** The form that signs in: who one is, then a code or a new password where one is asked for. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { useAction } from '../data';
import { choosePassword, lastAccount, type Named, SignInError, signInWithKey, signInWithPassword } from '../sign-in';
import { t } from '../strings';
import { ErrorAlert } from './parts';

const s = t.signIn;

type Attempt = (code: string) => Promise<void>;

type Step =
  | { name: 'who' }
  | { name: 'code'; devices: string; attempt: Attempt }
  | { name: 'change'; ticket: string; named: Named };

const WHO: Step = { name: 'who' };

/** What an attempt asks for next, undefined where it simply failed. */
function nextStep(problem: unknown, attempt: Attempt, named: Named | undefined): Step | undefined {
  if (!(problem instanceof SignInError)) return undefined;
  if (problem.code === 'MultiFactorAuthenticationRequired') {
    const devices = (problem.fields.devices ?? '').split(' ').map((serial) => serial.split('/').pop() ?? serial);
    return { name: 'code', devices: devices.join(', '), attempt };
  }
  if (problem.code === 'PasswordChangeRequired' && named) {
    return { name: 'change', ticket: problem.fields.ticket ?? '', named };
  }
  return undefined;
}

/** Run an attempt; the step that it leads to. Errors that ask for more are no errors. */
function useSteps(first: Step) {
  const [step, setStep] = useState<Step>(first);
  const { busy, error, run, clear } = useAction();
  const go = (attempt: Attempt, code = '', named?: Named) =>
    run(async () => {
      try {
        await attempt(code);
      } catch (problem) {
        const next = nextStep(problem, attempt, named);
        if (!next) throw problem;
        setStep(next);
      }
    });
  const startOver = () => {
    clear();
    setStep(WHO);
  };
  return { step, busy, error, go, run, startOver };
}

interface FormProps {
  header: ReactNode;
  error: unknown;
  busy: boolean;
  ready: boolean;
  button: string;
  onSubmit: () => void;
  secondary?: ReactNode;
  children: ReactNode;
}

function StepForm({ header, error, busy, ready, button, onSubmit, secondary, children }: FormProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (ready && !busy) onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate>
      <SpaceBetween size="m">
        {header}
        <ErrorAlert error={error} />
        {children}
        <Button variant="primary" formAction="submit" loading={busy} disabled={!ready} fullWidth>
          {button}
        </Button>
        {secondary}
      </SpaceBetween>
    </form>
  );
}

export interface SignInFormProps {
  /** What to try before anything is asked, such as a link; it may still ask for a code. */
  firstAttempt?: { attempt: Attempt; devices: string } | undefined;
  account?: string | undefined;
  user?: string | undefined;
  keyFirst?: boolean;
}

export function SignInForm(given: SignInFormProps) {
  const first: Step = given.firstAttempt ? { name: 'code', ...given.firstAttempt } : WHO;
  const { step, busy, error, go, run, startOver } = useSteps(first);
  const back = (
    <Button variant="inline-link" formAction="none" onClick={startOver}>
      {s.startOver}
    </Button>
  );
  switch (step.name) {
    case 'who':
      return <Who {...given} busy={busy} error={error} go={go} />;
    case 'code':
      return <Code devices={step.devices} busy={busy} error={error} onCode={(code) => void go(step.attempt, code)} back={back} />;
    case 'change':
      return (
        <Change
          busy={busy}
          error={error}
          onChosen={(chosen) => void run(() => choosePassword(step.named, step.ticket, chosen))}
          back={back}
        />
      );
  }
}

interface WhoProps extends SignInFormProps {
  busy: boolean;
  error: unknown;
  go: (attempt: Attempt, code?: string, named?: Named) => Promise<boolean>;
}

function Who({ account, user, keyFirst, busy, error, go }: WhoProps) {
  const [way, setWay] = useState(keyFirst ? 'key' : 'user');
  const [named, setNamed] = useState<Named>({ account: account || lastAccount(), user: user ?? '', password: '' });
  const [shown, setShown] = useState(false);
  const [keyId, setKeyId] = useState('');
  const [secret, setSecret] = useState('');
  const [token, setToken] = useState('');
  const isUser = way === 'user';
  const submit = () => {
    if (isUser) {
      const who = { account: named.account.trim(), user: named.user.trim(), password: named.password };
      return void go((code) => signInWithPassword(who, code), '', who);
    }
    const key = { accessKeyId: keyId.trim(), secretAccessKey: secret.trim(), sessionToken: token.trim() || undefined };
    void go((code) => signInWithKey(key, code));
  };
  return (
    <StepForm
      header={
        <RadioGroup
          ariaLabel={s.ways.label}
          direction="horizontal"
          value={way}
          onChange={({ detail }) => setWay(detail.value)}
          items={[
            { value: 'user', label: s.ways.user },
            { value: 'key', label: s.ways.key },
          ]}
        />
      }
      error={error}
      busy={busy}
      ready={isUser ? Boolean(named.account && named.user && named.password) : Boolean(keyId && secret)}
      button={s.button}
      onSubmit={submit}
    >
      {isUser ? (
        <SpaceBetween size="m">
          <FormField label={s.account} description={s.accountHint}>
            <Input
              value={named.account}
              onChange={({ detail }) => setNamed({ ...named, account: detail.value })}
              autoComplete="organization"
              spellcheck={false}
              autoFocus={!named.account}
            />
          </FormField>
          <FormField label={s.user}>
            <Input
              value={named.user}
              onChange={({ detail }) => setNamed({ ...named, user: detail.value })}
              autoComplete="username"
              spellcheck={false}
              autoFocus={Boolean(named.account) && !named.user}
            />
          </FormField>
          <SpaceBetween size="xs">
            <FormField label={s.password}>
              <Input
                type={shown ? 'text' : 'password'}
                value={named.password}
                onChange={({ detail }) => setNamed({ ...named, password: detail.value })}
                autoComplete="current-password"
                spellcheck={false}
                autoFocus={Boolean(named.account && named.user)}
              />
            </FormField>
            <Checkbox checked={shown} onChange={({ detail }) => setShown(detail.checked)}>
              {s.show}
            </Checkbox>
          </SpaceBetween>
        </SpaceBetween>
      ) : (
        <SpaceBetween size="m">
          <FormField label={s.keyId} description={s.keyIdHint}>
            <Input
              value={keyId}
              onChange={({ detail }) => setKeyId(detail.value)}
              placeholder="AKIA…"
              autoComplete={false}
              spellcheck={false}
              autoFocus
            />
          </FormField>
          <FormField label={s.secret} description={s.secretHint}>
            <Input
              type="password"
              value={secret}
              onChange={({ detail }) => setSecret(detail.value)}
              autoComplete={false}
            />
          </FormField>
          <ExpandableSection headerText={s.roleSession}>
            <FormField label={s.sessionToken} description={s.sessionTokenHint}>
              <Textarea
                value={token}
                onChange={({ detail }) => setToken(detail.value)}
                rows={3}
                spellcheck={false}
                autoComplete={false}
              />
            </FormField>
          </ExpandableSection>
        </SpaceBetween>
      )}
    </StepForm>
  );
}

interface StepProps {
  busy: boolean;
  error: unknown;
  back: ReactNode;
}

function Code({ devices, busy, error, back, onCode }: StepProps & { devices: string; onCode: (code: string) => void }) {
  const [code, setCode] = useState('');
  return (
    <StepForm
      header={<Header variant="h2">{s.codeHeader}</Header>}
      error={error}
      busy={busy}
      ready={/^\d{6}$/.test(code.trim())}
      button={s.verify}
      onSubmit={() => onCode(code.trim())}
      secondary={back}
    >
      <Box color="text-body-secondary">{s.codeFor(devices)}</Box>
      <FormField label={s.code} description={s.codeHint}>
        <Input
          value={code}
          onChange={({ detail }) => setCode(detail.value)}
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
        />
      </FormField>
    </StepForm>
  );
}

function Change({ busy, error, back, onChosen }: StepProps & { onChosen: (chosen: string) => void }) {
  const [chosen, setChosen] = useState('');
  const [again, setAgain] = useState('');
  const differ = again !== '' && chosen !== again;
  return (
    <StepForm
      header={<Header variant="h2">{s.changeHeader}</Header>}
      error={error}
      busy={busy}
      ready={chosen !== '' && chosen === again}
      button={s.change}
      onSubmit={() => onChosen(chosen)}
      secondary={back}
    >
      <Alert type="info">{s.changeHint}</Alert>
      <FormField label={s.newPassword}>
        <Input
          type="password"
          value={chosen}
          onChange={({ detail }) => setChosen(detail.value)}
          autoComplete="new-password"
          autoFocus
        />
      </FormField>
      <FormField label={s.again} errorText={differ ? s.differ : undefined}>
        <Input
          type="password"
          value={again}
          onChange={({ detail }) => setAgain(detail.value)}
          autoComplete="new-password"
        />
      </FormField>
    </StepForm>
  );
}
