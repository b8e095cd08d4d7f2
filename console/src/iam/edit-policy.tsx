/** Edit a customer managed policy: a new version of it, unless somebody else made one meanwhile. */
import { CreatePolicyVersionCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { changedMeanwhile } from '../errors';
import { navigate } from '../routing';
import { CliCommand, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { compact, getPolicy, iam, policyPath, versionText } from './api';
import { LIMITS, PolicyEditor } from './editor/policy-editor';
import { deleteVersion, versionsOf } from './policy-actions';

const s = t.iam.policies;
const AT_MOST = 5;

export default function EditPolicy({ arn }: { arn: string }) {
  const loaded = useLoad(async () => {
    const policy = await getPolicy(arn);
    const versions = await versionsOf(arn);
    const base = versions.map(({ VersionId }) => VersionId).join();
    return { base, versions, version: policy.DefaultVersionId ?? '', text: await versionText(arn, policy.DefaultVersionId ?? '') };
  }, `edit ${arn}`);
  const [edited, setEdited] = useState<string>();
  const [isDefault, setDefault] = useState(true);
  const [chosen, setChosen] = useState<string>();
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const name = arn.split('/').pop() ?? arn;
  if (loaded.loading) return <Spinner size="large" />;
  if (!loaded.data) return <ErrorAlert error={loaded.error} />;
  const { base, versions, version, text } = loaded.data;
  const now = edited ?? text;
  const others = versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion);
  const full = versions.length >= AT_MOST;
  const goes = full ? (chosen ?? others.at(-1)?.VersionId ?? '') : '';
  const save = () =>
    run(async () => {
      const fresh = await getPolicy(arn);
      const ids = (await versionsOf(arn)).map(({ VersionId }) => VersionId).join();
      if (fresh.DefaultVersionId !== version || ids !== base) throw changedMeanwhile(s.changed(fresh.DefaultVersionId ?? ''));
      if (goes) await deleteVersion(arn, goes);
      const reply = await iam().send(new CreatePolicyVersionCommand({ PolicyArn: arn, PolicyDocument: now, SetAsDefault: isDefault }));
      push('success', s.saved(name, reply.PolicyVersion?.VersionId ?? ''));
      navigate(policyPath(arn));
    });
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={s.editHint(version)}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => navigate(policyPath(arn))}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void save()}>
              {t.save}
            </Button>
          </SpaceBetween>
        }
      >
        {s.edit(name)}
      </Header>
      <ErrorAlert error={error} />
      <PolicyEditor text={now} onChange={setEdited} limit={LIMITS.managed} refused={error} />
      <Checkbox checked={isDefault} description={s.asDefaultHint} onChange={({ detail }) => setDefault(detail.checked)}>
        {s.asDefault}
      </Checkbox>
      {full && (
        <FormField label={s.goes} description={s.goesHint}>
          <Select
            selectedOption={{ value: goes, label: goes }}
            options={others.map(({ VersionId, CreateDate }) => ({ value: VersionId ?? '', label: VersionId ?? '', description: when(CreateDate) }))}
            onChange={({ detail }) => setChosen(detail.selectedOption.value)}
          />
        </FormField>
      )}
      <CliCommand
        lines={[
          ...(goes ? [aws('iam', 'delete-policy-version', { 'policy-arn': arn, 'version-id': goes })] : []),
          aws('iam', 'create-policy-version', { 'policy-arn': arn, 'policy-document': compact(now), 'set-as-default': isDefault }),
        ]}
      />
    </SpaceBetween>
  );
}
