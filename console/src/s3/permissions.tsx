/** Whom a bucket lets in: its policy, and what that and the account's policies come to. */
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { isCode } from '../errors';
import { PolicyEditor } from '../iam/editor/policy-editor';
import { CliCommand, Confirm, CopyIcon, Empty, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { at } from './api';
import { Reach } from './reach';

const s = t.s3.permissions;
/** Characters that S3 takes. */
const LIMIT = 20_480;

async function policyOf(bucket: string): Promise<string> {
  try {
    const reply = await (await at(bucket)).send(new GetBucketPolicyCommand({ Bucket: bucket }));
    return reply.Policy ?? '';
  } catch (error) {
    if (isCode(error, 'NoSuchBucketPolicy')) return '';
    throw error;
  }
}

async function isPublic(bucket: string): Promise<boolean> {
  try {
    const reply = await (await at(bucket)).send(new GetBucketPolicyStatusCommand({ Bucket: bucket }));
    return reply.PolicyStatus?.IsPublic ?? false;
  } catch {
    return false; // whoever may not ask for the status still sees the policy
  }
}

const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

const compact = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};

const sample = (bucket: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: '', Effect: 'Allow', Principal: { AWS: [] }, Action: [], Resource: [`arn:aws:s3:::${bucket}/*`] }] }, null, 2);

export default function Permissions({ bucket }: { bucket: string }) {
  const policy = useLoad(() => policyOf(bucket), `policy ${bucket}`);
  const isOpen = useLoad(async () => Boolean(policy.data) && isPublic(bucket), `public ${bucket} ${policy.data}`);
  const [text, setText] = useState<string>();
  const [opened, setOpened] = useState('');
  const [deleting, setDeleting] = useState(false);
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const present = policy.data ?? '';
  const edit = () => {
    setOpened(present);
    setText(present ? pretty(present) : sample(bucket));
  };
  const stop = () => {
    setText(undefined);
    clear();
  };
  const save = () =>
    run(async () => {
      if ((await policyOf(bucket)) !== opened) throw Object.assign(new Error(s.changed), { name: s.changedCode });
      await (await at(bucket)).send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: compact(text ?? '') }));
      push('success', s.saved(bucket));
      await policy.reload();
      stop();
    });
  return (
    <SpaceBetween size="m">
      <Container
        header={
          <Header
            variant="h2"
            description={s.policyHint}
            actions={
              text === undefined &&
              policy.data !== undefined && (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button onClick={edit}>{s.edit}</Button>
                  <Button disabled={!present} onClick={() => setDeleting(true)}>
                    {t.delete}
                  </Button>
                </SpaceBetween>
              )
            }
          >
            {s.policy}
          </Header>
        }
      >
        <SpaceBetween size="m">
          <ErrorAlert error={error ?? policy.error} />
          {isOpen.data && text === undefined && (
            <Alert type="warning" header={s.isPublic}>
              {s.isPublicHint}
            </Alert>
          )}
          {text !== undefined ? (
            <>
              <PolicyEditor
                text={text}
                onChange={setText}
                kind="resource"
                limit={LIMIT}
                label={s.policy}
                refused={error}
              />
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="primary" loading={busy} onClick={() => void save()}>
                  {t.save}
                </Button>
                <Button variant="link" onClick={stop}>
                  {t.cancel}
                </Button>
              </SpaceBetween>
              <CliCommand lines={[aws('s3api', 'put-bucket-policy', { bucket, policy: compact(text) })]} />
            </>
          ) : present ? (
            <div className="command">
              <pre data-testid="bucket-policy">{pretty(present)}</pre>
              <CopyIcon text={pretty(present)} label={`${t.copy.copy} ${s.policy}`} />
            </div>
          ) : (
            policy.data !== undefined && <Empty header={s.noPolicy}>{s.noPolicyHint}</Empty>
          )}
        </SpaceBetween>
      </Container>
      <Reach bucket={bucket} policy={present} />
      {deleting && (
        <Confirm
          header={s.deleteHeader(bucket)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[aws('s3api', 'delete-bucket-policy', { bucket })]}
          onDismiss={() => setDeleting(false)}
          onConfirm={async () => {
            await (await at(bucket)).send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
            push('success', s.deleted(bucket));
            await policy.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </SpaceBetween>
  );
}
