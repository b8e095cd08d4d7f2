/** The words of signing in, and of one's own credentials. */
export const account = {
  signIn: {
    header: 'Sign in',
    button: 'Sign in',
    keyId: 'Access key ID',
    keyIdHint: 'Of the root user or of an IAM user.',
    secret: 'Secret access key',
    secretHint: 'It signs one request in this browser and is neither sent nor kept.',
    roleSession: 'Signing in as a role?',
    sessionToken: 'Session token',
    sessionTokenHint: "Paste the three values of assume-role's answer.",
    linkHint:
      'After a start, the terminal also shows a link that signs in once. The root user’s access key is in the file that it names.',
    opening: 'Opening your sign-in link…',
    expired: 'Your session has ended. Sign in again to go on where you were.',
    signedOut: 'You are signed out.',
    signedOutElsewhere: 'You signed out in another tab.',
  },
};
