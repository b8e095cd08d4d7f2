/** The lab as a guided tour: each step is done when the account's real state says so. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useEffect, useState } from 'react';
import { SERVICES } from '../areas';
import { useLoad } from '../data';
import { follow, href, pathOf, To } from '../routing';
import { session } from '../session';
import { ErrorAlert } from '../shell/parts';
import { RecentDenials } from './denials';
import { type LabState, look } from './look';
import { t } from '../strings';

const s = t.home;

interface Step {
  title: string;
  text: ReactNode;
  done: boolean;
  link: string;
  path: string;
}

function steps(state: LabState | undefined): Step[] {
  const { role, running, wearing, used } = state ?? { role: '', running: '', wearing: '', used: false };
  const instance = running ? pathOf('ec2', 'instances', running) : '/ec2/instances';
  const connect = running ? `${instance}?tab=connect` : '/ec2/instances';
  return [
    { ...s.steps.buckets, done: Boolean(state?.buckets), path: '/s3/buckets' },
    { ...s.steps.role, done: role !== '', path: role ? pathOf('iam', 'roles', role) : '/iam/roles/create' },
    { ...s.steps.launch, done: running !== '', path: running ? connect : '/ec2/launch' },
    { ...s.steps.attach, done: wearing !== '', path: running && !wearing ? `${instance}/iam-role` : instance },
    { ...s.steps.use, done: used && wearing !== '', path: connect },
  ];
}

export default function Home() {
  const { region, name, kind } = session();
  const [every, setEvery] = useState(5);
  const state = useLoad(look, `home ${region}`, every);
  const blind = state.data?.blind ?? false;
  // asking again by itself would only fill the trail with denials
  useEffect(() => setEvery(blind ? 0 : 5), [blind]);
  const list = steps(state.data);
  const done = list.filter((step) => step.done).length;
  const next = list.findIndex((step) => !step.done);
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={s.description}>
        {s.welcome(kind === 'Root' ? t.user.root : name)}
      </Header>
      <ErrorAlert error={state.error} />
      <Container
        header={
          <Header variant="h2" description={s.labHint}>
            {s.lab}
          </Header>
        }
      >
        <SpaceBetween size="l">
          <ProgressBar
            value={(100 * done) / list.length}
            label={s.progress}
            description={s.done(done, list.length)}
            {...(done === list.length ? { additionalInfo: s.allDone } : {})}
          />
          {blind && <Alert type="info">{s.blind}</Alert>}
          <ol className="steps">
            {list.map((step, index) => (
              <li
                key={step.title}
                className={`step ${step.done ? 'done' : index === next ? 'next' : ''}`}
                data-testid={`step-${index + 1}`}
              >
                <span className="mark" aria-label={step.done ? s.isDone : s.isOpen}>
                  {step.done ? '✓' : index + 1}
                </span>
                <div className="body">
                  <Box variant="h3" padding="n">
                    {step.title}
                  </Box>
                  <Box color="text-body-secondary">{step.text}</Box>
                </div>
                <Button
                  variant={index === next ? 'primary' : 'normal'}
                  href={href(step.path)}
                  onFollow={follow}
                  ariaLabel={`${step.done ? t.look : step.link}: ${step.title}`}
                >
                  {step.done ? t.look : step.link}
                </Button>
              </li>
            ))}
          </ol>
        </SpaceBetween>
      </Container>
      <RecentDenials />
      <Container header={<Header variant="h2">{t.services.menu}</Header>}>
        <ColumnLayout columns={4} minColumnWidth={180} variant="text-grid">
          {SERVICES.map((service) => (
            <div key={service.name}>
              <Box variant="h3">{service.name}</Box>
              <Box color="text-body-secondary">{service.title}</Box>
              {service.pages.map(({ text, path }) => (
                <div key={path}>
                  <To path={path}>{text}</To>
                </div>
              ))}
            </div>
          ))}
        </ColumnLayout>
      </Container>
    </SpaceBetween>
  );
}
