/** The words of the home page. */
export const home = {
  title: 'Home',
  welcome: (who: string) => `Welcome, ${who}`,
  description: 'Identities, machines and buckets that speak AWS’s own protocols.',
  lab: 'The lab: give a running machine a role',
  labHint: 'Five steps. Each is marked done when your account really is in that state.',
  progress: 'Your progress',
  done: (count: number, total: number) => `${count} of ${total} done`,
  allDone: 'The machine works without a key of its own. Detach the role and see its calls refused.',
  isDone: 'Done',
  isOpen: 'To do',
  steps: {
    buckets: {
      title: 'Have something to list',
      text: 'Create a bucket or two, so that “aws s3 ls” has something to show.',
      link: 'Create a bucket',
    },
    role: {
      title: 'Create a role that EC2 may wear',
      text: 'Services → IAM → Roles → Create role. Trusted entity: AWS service, EC2. Permissions: AdministratorAccess.',
      link: 'Create a role',
    },
    launch: {
      title: 'Launch an instance and log in',
      text: 'Without a role. Log in with ssh as ec2-user; “aws s3 ls” is unable to locate credentials.',
      link: 'Launch an instance',
    },
    attach: {
      title: 'Attach the role to the running instance',
      text: 'Actions → Security → Modify IAM role. Nothing is restarted, and the ssh session stays open.',
      link: 'Modify IAM role',
    },
    use: {
      title: 'Run “aws s3 ls” again',
      text: 'In the same ssh session, with nothing configured: the role’s temporary credentials are there. Done once the role was used.',
      link: 'How to connect',
    },
  },
  blind: 'You may not see all that these steps look at, so some may be done without being marked.',
  denials: {
    title: 'Recent denials',
    hint: 'What somebody in this account was not allowed to do, the latest first.',
    none: 'Nothing was denied of late',
    noneHint: 'When a call is denied, it appears here with the reason.',
    by: (who: string, when: string) => `by ${who}, ${when}`,
  },
};
