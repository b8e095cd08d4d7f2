/** The page that signs in: by an invitation in the address, else by the form. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useEffect, useRef, useState } from 'react';
import { useNotice } from '../session';
import { type Invitation, SignInError, signInByInvitation } from '../sign-in';
import { t } from '../strings';
import logo from '../tabard.svg';
import { ErrorAlert } from './parts';
import { SignInForm, type SignInFormProps } from './sign-in-form';

const s = t.signIn;

export function SignIn({ invitation, onTaken }: { invitation: Invitation | null; onTaken: () => void }) {
  const notice = useNotice();
  const [opening, setOpening] = useState(invitation !== null);
  const [error, setError] = useState<unknown>();
  const [first, setFirst] = useState<SignInFormProps['firstAttempt']>();
  const account = new URLSearchParams(location.search).get('account') ?? undefined;

  const taken = useRef(onTaken);
  taken.current = onTaken;

  useEffect(() => {
    document.title = `${s.header} | ${t.product}`;
    if (!invitation) return;
    taken.current(); // it is good once: nothing else may try it again
    signInByInvitation(invitation, '')
      .catch((problem: unknown) => {
        if (problem instanceof SignInError && problem.code === 'MultiFactorAuthenticationRequired') {
          const devices = (problem.fields.devices ?? '').split('/').pop() ?? '';
          setFirst({ attempt: (code) => signInByInvitation(invitation, code), devices });
        } else {
          setError(problem);
        }
      })
      .finally(() => setOpening(false));
  }, [invitation]);

  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        <div className="brand">
          <img src={logo} alt="" width="44" height="44" />
          <div>
            <Box variant="h1">{t.product}</Box>
            <Box color="text-body-secondary">{t.tagline}</Box>
          </div>
        </div>
        {notice && !error && <Alert type="info">{notice}</Alert>}
        <ErrorAlert error={error} />
        <Container header={first || opening ? undefined : <Header variant="h2">{s.header}</Header>}>
          {opening ? (
            <>
              <Spinner /> {s.opening}
            </>
          ) : (
            <SignInForm firstAttempt={first} account={account} />
          )}
        </Container>
        <Box color="text-body-secondary" fontSize="body-s">
          {s.rootHint}
        </Box>
      </SpaceBetween>
    </main>
  );
}
