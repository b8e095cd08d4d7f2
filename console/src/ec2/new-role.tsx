/** Make a role for EC2 without leaving the page that wants one. */
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import { useState } from 'react';
import { useLoad } from '../data';
import { attach, createCommands, EC2_TRUST, iam, listPolicies, makeProfile, pretty } from '../iam/api';
import { FormModal } from '../shell/form-modal';
import { ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';

const s = t.ec2.newRole;
const NAME = /^[\w+=,.@-]{1,64}$/;

interface Props {
  onMade: (profile: string) => Promise<void>;
  onDismiss: () => void;
}

/** `onMade` gets the name of the instance profile, which is the role's. */
export function NewRole({ onMade, onDismiss }: Props) {
  const policies = useLoad(listPolicies, 'policies');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const { push } = useFlash();
  const options = (policies.data ?? []).map(({ Arn, PolicyName, Description }) => ({
    value: Arn ?? '',
    label: PolicyName ?? '',
    description: Description ?? '',
  }));
  const role = {
    name,
    description: t.iam.create.ec2Description,
    trust: pretty(EC2_TRUST),
    policies: chosen,
    boundary: undefined,
    withProfile: true,
  };
  return (
    <FormModal
      header={s.header}
      button={s.submit}
      ready={NAME.test(name)}
      commands={createCommands({ ...role, name: name || 'NAME' })}
      onDismiss={onDismiss}
      onSubmit={async () => {
        await iam().send(
          new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: role.trust, Description: role.description }),
        );
        try {
          for (const arn of chosen) await attach(name, arn);
          await makeProfile(name);
        } catch (error) {
          push('warning', t.iam.create.partly(name));
          throw error;
        }
        push('success', s.created(name));
        await onMade(name);
      }}
    >
      <Box>{s.text}</Box>
      <ErrorAlert error={policies.error} />
      <FormField label={s.name} constraintText={s.rule} errorText={name && !NAME.test(name) ? s.rule : ''}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
      </FormField>
      <FormField label={s.policies} description={s.policiesHint}>
        <Multiselect
          selectedOptions={options.filter(({ value }) => chosen.includes(value))}
          options={options}
          placeholder={s.choosePolicies}
          filteringType="auto"
          filteringPlaceholder={s.filter}
          virtualScroll
          statusType={policies.loading ? 'loading' : 'finished'}
          loadingText={t.loading}
          deselectAriaLabel={({ label }) => `${t.dismiss} ${label}`}
          onChange={({ detail }) => setChosen(detail.selectedOptions.map(({ value }) => value ?? ''))}
        />
      </FormField>
    </FormModal>
  );
}
