/** Revoking a role's sessions, as AWS's console does it: a policy that denies everything to the older ones. */
import { GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { Confirm, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { compact, documentOf, iam, inlinePolicies, pretty } from './api';

const s = t.iam.role;

const REVOKE = 'AWSRevokeOlderSessions';

function revocation(now: Date): string {
  return pretty({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': now.toISOString() } },
      },
    ],
  });
}

export function Revoke({ name }: { name: string }) {
  const [asking, setAsking] = useState(false);
  const { push } = useFlash();
  const revoked = useLoad(async () => {
    if (!(await inlinePolicies(name)).includes(REVOKE)) return null;
    const reply = await iam().send(new GetRolePolicyCommand({ RoleName: name, PolicyName: REVOKE }));
    const document = documentOf(reply.PolicyDocument) as {
      Statement?: { Condition?: { DateLessThan?: Record<string, string> } }[];
    };
    return document.Statement?.[0]?.Condition?.DateLessThan?.['aws:TokenIssueTime'] ?? null;
  }, name);
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={<Button onClick={() => setAsking(true)}>{s.revokeButton}</Button>}
        >
          {s.tabs.revoke}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Box>{s.revokeHint}</Box>
        {revoked.data && <Box color="text-status-warning">{s.revokedSince(when(revoked.data))}</Box>}
      </SpaceBetween>
      {asking && (
        <Confirm
          header={s.revokeHeader(name)}
          word={s.revokeWord}
          button={s.revokeButton}
          commands={[
            aws('iam', 'put-role-policy', {
              'role-name': name,
              'policy-name': REVOKE,
              'policy-document': compact(revocation(new Date())),
            }),
          ]}
          onDismiss={() => setAsking(false)}
          onConfirm={async () => {
            await iam().send(
              new PutRolePolicyCommand({ RoleName: name, PolicyName: REVOKE, PolicyDocument: revocation(new Date()) }),
            );
            push('success', s.revoked(name));
            await revoked.reload();
          }}
        >
          <Box>{s.revokeWarning}</Box>
        </Confirm>
      )}
    </Container>
  );
}
