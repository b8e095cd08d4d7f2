/** The API's clients: this origin, this session's credentials, nothing else. */
import { session } from './session';

export function settings() {
  const { region, credentials } = session();
  return {
    endpoint: location.origin,
    region,
    maxAttempts: 2,
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken } : {}),
    },
  };
}

/** A client that is made anew when the session or the region changes. */
export function perSession<Client>(make: (given: ReturnType<typeof settings>) => Client): () => Client {
  let madeFor: unknown;
  let client: Client | undefined;
  return () => {
    const now = session();
    if (!client || madeFor !== now) {
      client = make(settings());
      madeFor = now;
    }
    return client;
  };
}
