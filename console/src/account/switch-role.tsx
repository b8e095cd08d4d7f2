/** AWS's page for switching roles: /switchrole?account=…&roleName=…&displayName=…&color=… */
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type SubmitEvent, useState } from 'react';
import { aws } from '../cli';
import { useAction } from '../data';
import { signedInAs, switchTo } from '../roles-worn';
import { navigate } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';

const s = t.roles;
const COLOURS = Object.keys(s.colours);

function colourOf(given: string | null): string {
  const wanted = `#${(given ?? '').replace('#', '').toLowerCase()}`;
  return COLOURS.includes(wanted) ? wanted : (COLOURS[4] ?? '#0b66b5');
}

export default function SwitchRole({ query }: { query: URLSearchParams }) {
  const me = signedInAs();
  const flash = useFlash();
  const [account, setAccount] = useState(query.get('account') ?? me.account);
  const [role, setRole] = useState(query.get('roleName') ?? '');
  const [display, setDisplay] = useState(query.get('displayName') ?? '');
  const [colour, setColour] = useState(colourOf(query.get('color')));
  const { busy, error, run } = useAction();
  if (me.kind === 'Root') return <Alert type="info">{s.root}</Alert>;

  const accountId = account.trim();
  const name = role.trim().replace(/^\//, '');
  const accountWrong = accountId !== '' && !/^\d{12}$/.test(accountId);
  const roleWrong = name !== '' && !/^[\w+=,.@/-]{1,576}$/.test(name);
  const ready = accountId && name && !accountWrong && !roleWrong;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    const shown = display.trim() || `${name.split('/').pop() ?? name} @ ${accountId}`;
    if (await run(() => switchTo({ account: accountId, role: name, display: shown, colour }))) {
      flash.push('success', s.done(shown));
      navigate('/');
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <SpaceBetween size="l">
        <Header variant="h1" description={s.description}>
          {s.title}
        </Header>
        <Container>
          <SpaceBetween size="m">
            <ErrorAlert error={error} />
            <FormField label={s.account} description={s.accountHint} errorText={accountWrong ? s.accountInvalid : undefined}>
              <Input value={account} onChange={({ detail }) => setAccount(detail.value)} inputMode="numeric" autoComplete={false} />
            </FormField>
            <FormField label={s.role} description={s.roleHint} errorText={roleWrong ? s.roleInvalid : undefined}>
              <Input value={role} onChange={({ detail }) => setRole(detail.value)} autoComplete={false} spellcheck={false} autoFocus />
            </FormField>
            <FormField label={<>{s.display} <i>- {t.optional}</i></>} description={s.displayHint}>
              <Input value={display} onChange={({ detail }) => setDisplay(detail.value.slice(0, 64))} autoComplete={false} />
            </FormField>
            <FormField label={s.colour}>
              <Select
                selectedOption={{ value: colour, label: s.colours[colour] ?? colour }}
                options={COLOURS.map((value) => ({ value, label: s.colours[value] ?? value }))}
                onChange={({ detail }) => setColour(detail.selectedOption.value ?? colour)}
              />
            </FormField>
            <CliCommand
              lines={[
                aws('sts', 'assume-role', {
                  'role-arn': `arn:aws:iam::${accountId}:role/${name}`,
                  'role-session-name': me.name.split('/').pop() ?? me.name,
                }),
              ]}
            />
            <Button variant="primary" formAction="submit" loading={busy} disabled={!ready}>
              {s.submit}
            </Button>
          </SpaceBetween>
        </Container>
      </SpaceBetween>
    </form>
  );
}
