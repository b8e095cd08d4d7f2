/** An inline policy of a role, user or group: written, changed, and not overwritten where another changed it meanwhile. */
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { changedMeanwhile } from '../errors';
import { navigate, useRoute } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { compact, pretty } from './api';
import { LIMITS, PolicyEditor } from './editor/policy-editor';
import { commands, type Identity, inlineOf, inlineText, pageOf, putInline } from './identity';

const s = t.iam.inline;
const FRESH = pretty({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }] });

export default function InlinePolicy({ identity }: { identity: Identity }) {
  const policy = useRoute().query.get('policy') ?? '';
  const loaded = useLoad(async () => (policy ? await inlineText(identity, policy) : FRESH), `${identity.kind} ${identity.name} ${policy}`);
  const [name, setName] = useState(policy);
  const [edited, setEdited] = useState<string>();
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const text = edited ?? loaded.data ?? '';
  const nameError = /^[\w+=,.@-]{1,128}$/.test(name) ? '' : s.nameInvalid;
  const save = async () => {
    setTried(true);
    if (nameError) return;
    await run(async () => {
      const exists = (await inlineOf(identity)).includes(name);
      const now = policy && exists ? await inlineText(identity, name) : '';
      if (policy ? now !== loaded.data : exists) throw changedMeanwhile(policy ? s.changed : s.exists(name));
      await putInline(identity, name, text);
      push('success', s.saved(name, identity.name));
      navigate(pageOf(identity));
    });
  };
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={s.hint(identity.name)}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => navigate(pageOf(identity))}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={busy} disabled={loaded.loading} onClick={() => void save()}>
              {policy ? t.save : s.create}
            </Button>
          </SpaceBetween>
        }
      >
        {policy || s.title}
      </Header>
      <ErrorAlert error={error ?? loaded.error} />
      {!policy && (
        <Container>
          <FormField label={t.iam.policies.name} errorText={tried ? nameError : ''} constraintText={s.nameRule}>
            <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
          </FormField>
        </Container>
      )}
      {!loaded.loading && <PolicyEditor text={text} onChange={setEdited} limit={LIMITS[identity.kind]} refused={error} />}
      <CliCommand lines={[commands.putInline(identity, name, compact(text))]} />
    </SpaceBetween>
  );
}
