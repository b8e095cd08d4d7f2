/** Whom a role trusts; a text that somebody else changed meanwhile is not overwritten. */
import { UpdateAssumeRolePolicyCommand, type Role as RoleType } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction } from '../data';
import { changedMeanwhile } from '../errors';
import { follow, href } from '../routing';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { compact, getRole, iam, textOf } from './api';
import { LIMITS, PolicyEditor } from './editor/policy-editor';

const s = t.iam.role;

export function Trust({ role, reload }: { role: RoleType; reload: () => Promise<void> }) {
  const now = textOf(role.AssumeRolePolicyDocument);
  const [base, setBase] = useState('');
  const [edited, setEdited] = useState<string>();
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const name = role.RoleName ?? '';
  const stop = () => {
    setEdited(undefined);
    clear();
  };
  const save = () =>
    run(async () => {
      const fresh = textOf((await getRole(name)).AssumeRolePolicyDocument);
      if (fresh !== base) throw changedMeanwhile(s.trustChanged);
      await iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: edited }));
      push('success', s.trustSaved(name));
      setEdited(undefined);
      await reload();
    });
  if (edited === undefined) {
    return (
      <Container
        header={
          <Header
            variant="h3"
            description={s.trustHint}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button href={href(`/iam/simulator?mode=trust&role=${encodeURIComponent(name)}`)} onFollow={follow}>
                  {s.whoMay}
                </Button>
                <Button
                  onClick={() => {
                    setBase(now);
                    setEdited(now);
                  }}
                >
                  {s.editTrust}
                </Button>
              </SpaceBetween>
            }
          >
            {t.iam.roles.trusted}
          </Header>
        }
      >
        <pre className="document">{now}</pre>
      </Container>
    );
  }
  return (
    <Container header={<Header variant="h3">{s.editTrust}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        <PolicyEditor kind="trust" label={t.iam.create.trust.document} text={edited} onChange={setEdited} limit={LIMITS.trust} refused={error} />
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="primary" loading={busy} onClick={() => void save()}>
            {s.updateTrust}
          </Button>
          <Button variant="link" onClick={stop}>
            {t.cancel}
          </Button>
        </SpaceBetween>
        <CliCommand
          lines={[aws('iam', 'update-assume-role-policy', { 'role-name': name, 'policy-document': compact(edited) })]}
        />
      </SpaceBetween>
    </Container>
  );
}
