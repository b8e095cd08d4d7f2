/** Launch an instance: what it boots, the key to log in with, and the role that it wears from the start. */
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { listInstanceProfiles } from '../iam/api';
import { follow, href, navigate, pathOf, useRoute } from '../routing';
import { session } from '../session';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2, listImages, listTypes } from './api';
import { commandOf, type Draft, EMPTY, inputOf, isComplete, isCount } from './launch-draft';
import { LaunchKey } from './launch-key';
import { LaunchAdvanced, LaunchNetwork } from './launch-more';
import { NewRole } from './new-role';

const s = t.ec2.launch;
const USUAL = ['t2.micro', 't3.micro', 't4g.micro'];

export default function Launch() {
  const region = session().region;
  const { query } = useRoute();
  const images = useLoad(listImages, `images ${region}`);
  const types = useLoad(listTypes, `types ${region}`);
  const profiles = useLoad(listInstanceProfiles, 'profiles');
  const [draft, setDraft] = useState<Draft>(() => ({ ...EMPTY, image: query.get('image') ?? undefined }));
  const [tried, setTried] = useState(false);
  const [making, setMaking] = useState(false);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const change = (changes: Partial<Draft>) => setDraft((old) => ({ ...old, ...changes }));

  const imageOptions = (images.data ?? []).map(({ ImageId, Name, Description }) => ({
    value: ImageId ?? '',
    label: Name ?? ImageId ?? '',
    description: [ImageId, Description].filter(Boolean).join(' · '),
  }));
  const image = images.data?.find(({ ImageId }) => ImageId === draft.image) ?? images.data?.[0];
  const imageId = image?.ImageId ?? '';
  const fitting = (types.data ?? [])
    .filter(({ ProcessorInfo }) => ProcessorInfo?.SupportedArchitectures?.map(String).includes(image?.Architecture ?? ''))
    .map(({ InstanceType, VCpuInfo, MemoryInfo }) => ({
      value: InstanceType ?? '',
      label: InstanceType ?? '',
      description: s.typeHint(VCpuInfo?.DefaultVCpus ?? 0, (MemoryInfo?.SizeInMiB ?? 0) / 1024),
    }));
  const fits = (name: string | undefined) => fitting.some(({ value }) => value === name);
  const type = (fits(draft.type) ? draft.type : (USUAL.find(fits) ?? fitting[0]?.value)) ?? '';
  const roleOptions = [
    { value: '', label: t.ec2.role.none, description: s.noRoleHint },
    ...(profiles.data ?? [])
      .filter(({ Roles }) => Roles?.length)
      .map(({ InstanceProfileName, Roles, Arn }) => ({
        value: InstanceProfileName ?? '',
        label: Roles?.[0]?.RoleName ?? '',
        description: Arn ?? '',
      })),
  ];

  const launch = () => {
    setTried(true);
    if (!isComplete(draft)) return;
    void run(async () => {
      const made = await ec2().send(new RunInstancesCommand(inputOf(draft, imageId, type)));
      const ids = (made.Instances ?? []).map(({ InstanceId }) => InstanceId ?? '');
      push(
        'success',
        s.launched(ids),
        <Button href={href(pathOf('ec2', 'instances', ids[0] ?? ''))} onFollow={follow}>
          {s.view}
        </Button>,
      );
      navigate('/ec2/instances');
    });
  };

  return (
    <Form
      header={
        <Header variant="h1" description={s.description(region)}>
          {s.title}
        </Header>
      }
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="link" onClick={() => navigate('/ec2/instances')}>
            {t.cancel}
          </Button>
          <Button variant="primary" loading={busy} disabled={!imageId || !type} onClick={launch}>
            {s.submit}
          </Button>
        </SpaceBetween>
      }
      errorText={tried && draft.key === undefined ? s.keyMissing : ''}
    >
      <SpaceBetween size="l">
        <ErrorAlert error={error ?? images.error ?? types.error} />
        <Container header={<Header variant="h2">{s.what}</Header>}>
          <SpaceBetween size="m">
            <FormField label={<>{t.name} <i>– {t.optional}</i></>} description={s.nameHint}>
              <Input
                value={draft.name}
                onChange={({ detail }) => change({ name: detail.value })}
                placeholder={s.namePlaceholder}
              />
            </FormField>
            <FormField label={s.image} stretch>
              <Select
                selectedOption={imageOptions.find(({ value }) => value === imageId) ?? null}
                options={imageOptions}
                statusType={images.loading ? 'loading' : 'finished'}
                loadingText={t.loading}
                empty={s.noImages}
                onChange={({ detail }) => change({ image: detail.selectedOption.value })}
              />
            </FormField>
            <FormField label={t.ec2.instances.type}>
              <Select
                selectedOption={fitting.find(({ value }) => value === type) ?? null}
                options={fitting}
                filteringType="auto"
                statusType={types.loading ? 'loading' : 'finished'}
                loadingText={t.loading}
                onChange={({ detail }) => change({ type: detail.selectedOption.value })}
              />
            </FormField>
            <FormField label={s.count} errorText={isCount(draft.count) ? '' : s.countInvalid}>
              <Input
                value={draft.count}
                type="number"
                inputMode="numeric"
                onChange={({ detail }) => change({ count: detail.value })}
              />
            </FormField>
          </SpaceBetween>
        </Container>
        <LaunchKey
          region={region}
          chosen={draft.key}
          onChange={(key) => change({ key })}
          missing={tried && draft.key === undefined}
        />
        <LaunchNetwork region={region} draft={draft} onChange={change} />
        <Container header={<Header variant="h2">{t.ec2.instances.role}</Header>}>
          <FormField
            label={t.ec2.role.role}
            description={s.roleHint}
            constraintText={<Button variant="inline-link" onClick={() => setMaking(true)}>{t.ec2.role.create}</Button>}
            secondaryControl={<Button iconName="refresh" ariaLabel={t.ec2.role.refresh} onClick={() => void profiles.reload()} />}
          >
            <Select
              selectedOption={roleOptions.find(({ value }) => value === draft.profile) ?? null}
              options={roleOptions}
              filteringType="auto"
              statusType={profiles.error ? 'error' : profiles.loading ? 'loading' : 'finished'}
              onChange={({ detail }) => change({ profile: detail.selectedOption.value ?? '' })}
              ariaLabel={t.ec2.role.role}
            />
          </FormField>
        </Container>
        <LaunchAdvanced draft={draft} onChange={change} />
        <CliCommand lines={[commandOf(draft, imageId, type)]} />
      </SpaceBetween>
      {making && (
        <NewRole
          onDismiss={() => setMaking(false)}
          onMade={async (profile) => {
            await profiles.reload();
            change({ profile });
          }}
        />
      )}
    </Form>
  );
}
