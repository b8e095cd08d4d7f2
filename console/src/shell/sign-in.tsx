/** Signing in: by the link that the terminal shows, or by an access key, which signs one request and is forgotten. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Textarea from '@cloudscape-design/components/textarea';
import { type FormEvent, useEffect, useState } from 'react';
import { useAction } from '../data';
import { signInWithKey, signInWithLink, useNotice } from '../session';
import { t } from '../strings';
import logo from '../tabard.svg';
import { ErrorAlert } from './parts';

export function SignIn({ token }: { token: string | null }) {
  const notice = useNotice();
  const [keyId, setKeyId] = useState('');
  const [secret, setSecret] = useState('');
  const [sessionToken, setSessionToken] = useState('');
  const [opening, setOpening] = useState(Boolean(token));
  const { busy, error, run } = useAction();

  useEffect(() => {
    document.title = `${t.signIn.header} | ${t.product}`;
    if (token) void run(() => signInWithLink(token)).then(() => setOpening(false));
  }, [token, run]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (keyId && secret) {
      void run(() =>
        signInWithKey({
          accessKeyId: keyId.trim(),
          secretAccessKey: secret.trim(),
          sessionToken: sessionToken.trim() || undefined,
        }),
      );
    }
  };

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
        {opening ? (
          <Container>
            <Spinner /> {t.signIn.opening}
          </Container>
        ) : (
          <form onSubmit={submit}>
            <Container header={<Header variant="h2">{t.signIn.header}</Header>}>
              <Form
                actions={
                  <Button variant="primary" formAction="submit" loading={busy} disabled={!keyId || !secret}>
                    {t.signIn.button}
                  </Button>
                }
              >
                <SpaceBetween size="m">
                  <ErrorAlert error={error} />
                  <FormField label={t.signIn.keyId} description={t.signIn.keyIdHint}>
                    <Input
                      value={keyId}
                      onChange={({ detail }) => setKeyId(detail.value)}
                      placeholder="AKIA…"
                      autoComplete={false}
                      spellcheck={false}
                      autoFocus
                    />
                  </FormField>
                  <FormField label={t.signIn.secret} description={t.signIn.secretHint}>
                    <Input
                      type="password"
                      value={secret}
                      onChange={({ detail }) => setSecret(detail.value)}
                      autoComplete={false}
                    />
                  </FormField>
                  <ExpandableSection headerText={t.signIn.roleSession}>
                    <FormField label={t.signIn.sessionToken} description={t.signIn.sessionTokenHint}>
                      <Textarea
                        value={sessionToken}
                        onChange={({ detail }) => setSessionToken(detail.value)}
                        rows={3}
                        spellcheck={false}
                        autoComplete={false}
                      />
                    </FormField>
                  </ExpandableSection>
                </SpaceBetween>
              </Form>
            </Container>
          </form>
        )}
        <Box color="text-body-secondary" fontSize="body-s">
          {t.signIn.linkHint}
        </Box>
      </SpaceBetween>
    </main>
  );
}
