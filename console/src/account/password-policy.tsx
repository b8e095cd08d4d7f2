/** The rules for the passwords of the account's users. */
import {
  DeleteAccountPasswordPolicyCommand,
  type PasswordPolicy,
  UpdateAccountPasswordPolicyCommand,
  type UpdateAccountPasswordPolicyCommandInput,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { changedMeanwhile } from '../errors';
import { FormModal } from '../shell/form-modal';
import { ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { getPasswordPolicy, iam } from './api';

const s = t.settings.password;
const yes = (value: boolean | undefined) => (value ? s.yes : s.no);

export function PasswordPolicySection() {
  const policy = useLoad(getPasswordPolicy, 'password policy');
  const [editing, setEditing] = useState(false);
  const { busy, error, run } = useAction();
  const flash = useFlash();
  const rules = policy.data;
  const reset = () =>
    run(async () => {
      await iam().send(new DeleteAccountPasswordPolicyCommand({}));
      flash.push('success', s.removed);
      await policy.reload();
    });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={s.description}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {rules && (
                <Button loading={busy} onClick={() => void reset()}>
                  {s.remove}
                </Button>
              )}
              <Button disabled={policy.loading} onClick={() => setEditing(true)}>
                {s.edit}
              </Button>
            </SpaceBetween>
          }
        >
          {s.title}
        </Header>
      }
    >
      <ErrorAlert error={error ?? policy.error} />
      {rules === null && <Box>{s.default}</Box>}
      {rules && (
        <KeyValuePairs
          columns={3}
          minColumnWidth={220}
          items={[
            { label: s.length, value: String(rules.MinimumPasswordLength ?? t.none) },
            { label: s.upper, value: yes(rules.RequireUppercaseCharacters) },
            { label: s.lower, value: yes(rules.RequireLowercaseCharacters) },
            { label: s.number, value: yes(rules.RequireNumbers) },
            { label: s.symbol, value: yes(rules.RequireSymbols) },
            { label: s.expire, value: rules.MaxPasswordAge ? s.days(rules.MaxPasswordAge) : s.never },
            { label: s.reuse, value: String(rules.PasswordReusePrevention ?? t.none) },
            { label: s.own, value: yes(rules.AllowUsersToChangePassword) },
            { label: s.hard, value: yes(rules.HardExpiry) },
          ]}
        />
      )}
      {editing && (
        <Edit
          rules={rules ?? undefined}
          onDismiss={() => setEditing(false)}
          onSaved={() => {
            flash.push('success', s.saved);
            void policy.reload();
          }}
        />
      )}
    </Container>
  );
}

const NUMBER = /^\d*$/;
const within = (text: string, low: number, high: number) =>
  text === '' || (NUMBER.test(text) && Number(text) >= low && Number(text) <= high);

interface EditProps {
  rules: PasswordPolicy | undefined;
  onSaved: () => void;
  onDismiss: () => void;
}

function Edit({ rules, onSaved, onDismiss }: EditProps) {
  const [before] = useState(JSON.stringify(rules ?? null));
  const [length, setLength] = useState(String(rules?.MinimumPasswordLength ?? 8));
  const [age, setAge] = useState(String(rules?.MaxPasswordAge ?? ''));
  const [reuse, setReuse] = useState(String(rules?.PasswordReusePrevention ?? ''));
  const [ticks, setTicks] = useState({
    RequireUppercaseCharacters: rules?.RequireUppercaseCharacters ?? false,
    RequireLowercaseCharacters: rules?.RequireLowercaseCharacters ?? false,
    RequireNumbers: rules?.RequireNumbers ?? false,
    RequireSymbols: rules?.RequireSymbols ?? false,
    AllowUsersToChangePassword: rules?.AllowUsersToChangePassword ?? true,
    HardExpiry: rules?.HardExpiry ?? false,
  });
  const lengthWrong = length === '' || !within(length, 6, 128);
  const ageWrong = !within(age, 1, 1095);
  const reuseWrong = !within(reuse, 1, 24);
  const input: UpdateAccountPasswordPolicyCommandInput = {
    ...ticks,
    MinimumPasswordLength: Number(length),
    ...(age ? { MaxPasswordAge: Number(age) } : {}),
    ...(reuse ? { PasswordReusePrevention: Number(reuse) } : {}),
  };
  const tick = (name: keyof typeof ticks, label: string) => (
    <Checkbox checked={ticks[name]} onChange={({ detail }) => setTicks({ ...ticks, [name]: detail.checked })}>
      {label}
    </Checkbox>
  );
  const flag = (name: keyof typeof ticks, option: string) => ({ [ticks[name] ? option : `no-${option}`]: true });
  return (
    <FormModal
      header={s.edit}
      button={t.save}
      ready={!lengthWrong && !ageWrong && !reuseWrong}
      commands={[
        aws('iam', 'update-account-password-policy', {
          'minimum-password-length': length,
          ...flag('RequireUppercaseCharacters', 'require-uppercase-characters'),
          ...flag('RequireLowercaseCharacters', 'require-lowercase-characters'),
          ...flag('RequireNumbers', 'require-numbers'),
          ...flag('RequireSymbols', 'require-symbols'),
          ...flag('AllowUsersToChangePassword', 'allow-users-to-change-password'),
          ...flag('HardExpiry', 'hard-expiry'),
          'max-password-age': age || undefined,
          'password-reuse-prevention': reuse || undefined,
        }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        if (JSON.stringify(await getPasswordPolicy()) !== before) throw changedMeanwhile(s.changed);
        await iam().send(new UpdateAccountPasswordPolicyCommand(input));
        onSaved();
      }}
    >
      <FormField label={s.length} constraintText={s.lengthRule} {...(lengthWrong ? { errorText: s.lengthRule } : {})}>
        <Input value={length} onChange={({ detail }) => setLength(detail.value)} inputMode="numeric" />
      </FormField>
      <SpaceBetween size="xs">
        {tick('RequireUppercaseCharacters', s.upper)}
        {tick('RequireLowercaseCharacters', s.lower)}
        {tick('RequireNumbers', s.number)}
        {tick('RequireSymbols', s.symbol)}
        {tick('AllowUsersToChangePassword', s.own)}
      </SpaceBetween>
      <FormField label={s.expire} constraintText={s.expireRule} {...(ageWrong ? { errorText: s.expireRule } : {})}>
        <Input value={age} onChange={({ detail }) => setAge(detail.value)} inputMode="numeric" />
      </FormField>
      {tick('HardExpiry', s.hard)}
      <FormField label={s.reuse} constraintText={s.reuseRule} {...(reuseWrong ? { errorText: s.reuseRule } : {})}>
        <Input value={reuse} onChange={({ detail }) => setReuse(detail.value)} inputMode="numeric" />
      </FormField>
    </FormModal>
  );
}
