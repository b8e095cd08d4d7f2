/** One's own console password. */
import { ChangePasswordCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { session } from '../session';
import { FormModal } from '../shell/form-modal';
import { ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { getPassword, iam } from './api';

const s = t.credentials.password;

export function PasswordSection() {
  const isRoot = session().kind === 'Root';
  const password = useLoad(getPassword, 'own password');
  const [changing, setChanging] = useState(false);
  const flash = useFlash();
  const { state, since } = password.data ?? { state: undefined, since: undefined };
  const told = {
    set: s.since(when(since)),
    none: isRoot ? s.rootNone : s.none,
    unknown: s.unknown,
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={(state === 'set' || state === 'unknown') && <Button onClick={() => setChanging(true)}>{s.change}</Button>}
        >
          {s.title}
        </Header>
      }
    >
      <ErrorAlert error={password.error} />
      <Box color="text-body-secondary">{state ? told[state] : t.loading}</Box>
      {changing && (
        <ChangePassword
          onDismiss={() => setChanging(false)}
          onDone={() => {
            flash.push('success', s.done);
            void password.reload();
          }}
        />
      )}
    </Container>
  );
}

function ChangePassword({ onDismiss, onDone }: { onDismiss: () => void; onDone: () => void }) {
  const [old, setOld] = useState('');
  const [chosen, setChosen] = useState('');
  const [again, setAgain] = useState('');
  const differ = again !== '' && chosen !== again;
  return (
    <FormModal
      header={s.change}
      button={s.change}
      ready={old !== '' && chosen !== '' && chosen === again}
      commands={[aws('iam', 'change-password', { 'old-password': '…', 'new-password': '…' })]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await iam().send(new ChangePasswordCommand({ OldPassword: old, NewPassword: chosen }));
        onDone();
      }}
    >
      <FormField label={s.old}>
        <Input type="password" value={old} onChange={({ detail }) => setOld(detail.value)} autoComplete="current-password" autoFocus />
      </FormField>
      <FormField label={t.signIn.newPassword}>
        <Input type="password" value={chosen} onChange={({ detail }) => setChosen(detail.value)} autoComplete="new-password" />
      </FormField>
      <FormField label={t.signIn.again} errorText={differ ? t.signIn.differ : undefined}>
        <Input type="password" value={again} onChange={({ detail }) => setAgain(detail.value)} autoComplete="new-password" />
      </FormField>
    </FormModal>
  );
}
