/** Signing in again on top of the page that one was on, and being asked before a link signs in as somebody else. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useAction } from '../data';
import { canSwitchBack, switchTo } from '../roles-worn';
import { goBack, renew, type Session, signOut, useSigningInAgain } from '../session';
import { t } from '../strings';
import { ErrorAlert } from './parts';
import { SignInForm } from './sign-in-form';

const s = t.signIn;

export function SignInAgain({ session }: { session: Session }) {
  const state = useSigningInAgain();
  if (!state) return null;
  const isOver = state === 'ended';
  if (session.worn && canSwitchBack()) return <RoleAgain session={session} isOver={isOver} />;
  const who = session.base ?? session;
  return (
    <Modal
      visible
      header={t.user.signInAgain}
      closeAriaLabel={isOver ? s.leave : t.close}
      onDismiss={() => (isOver ? signOut() : renew(false))}
      size="small"
    >
      <SpaceBetween size="m">
        <Alert type={isOver ? 'warning' : 'info'}>{isOver ? s.expired : s.endsSoon}</Alert>
        {who.issuer && (
          <Link href={who.issuer} external>
            {s.broker(new URL(who.issuer).host)}
          </Link>
        )}
        <SignInForm
          account={who.account}
          user={who.kind === 'User' ? who.name : undefined}
          keyFirst={who.kind !== 'User'}
        />
        <Box color="text-body-secondary" fontSize="body-s">
          {s.asOther(who.kind === 'Root' ? t.user.root : who.name)}
        </Box>
      </SpaceBetween>
    </Modal>
  );
}

function RoleAgain({ session, isOver }: { session: Session; isOver: boolean }) {
  const { busy, error, run } = useAction();
  const { worn } = session;
  if (!worn) return null;
  return (
    <Modal
      visible
      header={t.roles.endedHeader}
      closeAriaLabel={t.close}
      onDismiss={() => (isOver ? goBack() : renew(false))}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={goBack}>
              {t.roles.back}
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void run(() => switchTo(worn))}>
              {t.roles.again}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} />
        {t.roles.endedText(worn.role)}
      </SpaceBetween>
    </Modal>
  );
}

/** A link that signs in was opened where somebody is signed in: nobody is made somebody else without being asked. */
export function AsSomebodyElse({ session, onUse, onStay }: { session: Session; onUse: () => void; onStay: () => void }) {
  return (
    <Modal
      visible
      header={s.otherHeader}
      closeAriaLabel={t.close}
      onDismiss={onStay}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onStay}>
              {s.otherStay}
            </Button>
            <Button variant="primary" onClick={onUse}>
              {s.otherGo}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {s.other(session.kind === 'Root' ? t.user.root : session.name)}
    </Modal>
  );
}
