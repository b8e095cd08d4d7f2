/** Launch an instance: what it boots, the key to log in with, and the role that it wears from the start. */
import {
  CreateKeyPairCommand,
  DescribeImagesCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { all, useAction, useLoad } from '../data';
import { listInstanceProfiles } from '../iam/api';
import { follow, href, navigate, pathOf, To } from '../routing';
import { session } from '../session';
import { CliCommand, download, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2 } from './api';

const s = t.ec2.launch;
const NO_KEY = '';

export default function Launch() {
  const region = session().region;
  const images = useLoad(async () => {
    const { Images } = await ec2().send(new DescribeImagesCommand({}));
    return (Images ?? []).map(({ ImageId, Name, Description, Architecture }) => ({
      architecture: Architecture ?? '',
      value: ImageId ?? '',
      label: Name ?? ImageId ?? '',
      description: [ImageId, Description].filter(Boolean).join(' · '),
    }));
  }, `images ${region}`);
  const types = useLoad(async () => {
    const found = await all(async (NextToken) => {
      const page = await ec2().send(new DescribeInstanceTypesCommand({ MaxResults: 100, NextToken }));
      return { items: page.InstanceTypes, next: page.NextToken };
    });
    return found
      .map(({ InstanceType, VCpuInfo, MemoryInfo, ProcessorInfo }) => ({
        architectures: ProcessorInfo?.SupportedArchitectures?.map(String) ?? [],
        value: InstanceType ?? '',
        label: InstanceType ?? '',
        description: s.typeHint(VCpuInfo?.DefaultVCpus ?? 0, (MemoryInfo?.SizeInMiB ?? 0) / 1024),
        memory: MemoryInfo?.SizeInMiB ?? 0,
      }))
      .sort((a, b) => a.memory - b.memory || a.value.localeCompare(b.value));
  }, `types ${region}`);
  const keys = useLoad(async () => {
    const { KeyPairs } = await ec2().send(new DescribeKeyPairsCommand({}));
    return (KeyPairs ?? []).map(({ KeyName, KeyType }) => ({ value: KeyName ?? '', label: KeyName ?? '', description: KeyType ?? '' }));
  }, `keys ${region}`);
  const profiles = useLoad(listInstanceProfiles, 'profiles');
  const [name, setName] = useState('');
  const [image, setImage] = useState<string>();
  const [type, setType] = useState<string>();
  const [key, setKey] = useState<string>();
  const [newKey, setNewKey] = useState<string>();
  const [profile, setProfile] = useState('');
  const [tried, setTried] = useState(false);
  const making = useAction();
  const { busy, error, run } = useAction();
  const { push } = useFlash();

  const imageId = image ?? images.data?.[0]?.value ?? '';
  const architecture = images.data?.find(({ value }) => value === imageId)?.architecture ?? '';
  const fitting = (types.data ?? []).filter(({ architectures }) => architectures.includes(architecture));
  const usual = ['t2.micro', 't3.micro', 't4g.micro'].find((each) => fitting.some(({ value }) => value === each));
  const typeName = fitting.some(({ value }) => value === type) ? (type ?? '') : (usual ?? fitting[0]?.value ?? '');
  const keyError = key === undefined ? s.keyMissing : '';
  const keyOptions = [...(keys.data ?? []), { value: NO_KEY, label: s.noKey, description: s.noKeyHint }];
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

  const makeKey = () =>
    making.run(async () => {
      const made = await ec2().send(new CreateKeyPairCommand({ KeyName: newKey, KeyType: 'ed25519' }));
      download(`${newKey}.pem`, made.KeyMaterial ?? '', 'application/x-pem-file');
      await keys.reload();
      setKey(made.KeyName);
      setNewKey(undefined);
      push('success', s.keyMade(`${made.KeyName}.pem`));
    });

  const launch = () => {
    setTried(true);
    if (keyError) return;
    void run(async () => {
      const made = await ec2().send(
        new RunInstancesCommand({
          ImageId: imageId,
          InstanceType: typeName as never,
          MinCount: 1,
          MaxCount: 1,
          KeyName: key || undefined,
          ...(profile ? { IamInstanceProfile: { Name: profile } } : {}),
          ...(name ? { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }] } : {}),
        }),
      );
      const id = made.Instances?.[0]?.InstanceId ?? '';
      push(
        'success',
        s.launched(id),
        <Button href={href(pathOf('ec2', 'instances', id))} onFollow={follow}>
          {s.view}
        </Button>,
      );
      navigate('/ec2/instances');
    });
  };

  const command = aws('ec2', 'run-instances', {
    'image-id': imageId,
    'instance-type': typeName,
    'key-name': key || undefined,
    'iam-instance-profile': profile ? `Name=${profile}` : undefined,
    'tag-specifications': name ? `ResourceType=instance,Tags=[{Key=Name,Value=${name}}]` : undefined,
  });

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
          <Button variant="primary" loading={busy} onClick={launch}>
            {s.submit}
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <ErrorAlert error={error ?? images.error ?? types.error ?? keys.error} />
        <Container header={<Header variant="h2">{s.what}</Header>}>
          <SpaceBetween size="m">
            <FormField label={<>{t.name} <i>– {t.optional}</i></>} description={s.nameHint}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder={s.namePlaceholder} />
            </FormField>
            <FormField label={s.image} stretch>
              <Select
                selectedOption={images.data?.find(({ value }) => value === imageId) ?? null}
                options={images.data ?? []}
                statusType={images.loading ? 'loading' : 'finished'}
                loadingText={t.loading}
                empty={s.noImages}
                onChange={({ detail }) => setImage(detail.selectedOption.value)}
              />
            </FormField>
            <FormField label={t.ec2.instances.type}>
              <Select
                selectedOption={fitting.find(({ value }) => value === typeName) ?? null}
                options={fitting}
                filteringType="auto"
                statusType={types.loading ? 'loading' : 'finished'}
                loadingText={t.loading}
                onChange={({ detail }) => setType(detail.selectedOption.value)}
              />
            </FormField>
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2" description={s.keyHint}>{s.key}</Header>}>
          <SpaceBetween size="m">
            <FormField
              label={s.keyName}
              errorText={tried ? keyError : ''}
              secondaryControl={<Button onClick={() => setNewKey('')}>{s.createKey}</Button>}
            >
              <Select
                selectedOption={keyOptions.find(({ value }) => value === key) ?? null}
                options={keyOptions}
                placeholder={s.chooseKey}
                onChange={({ detail }) => setKey(detail.selectedOption.value)}
                ariaLabel={s.keyName}
              />
            </FormField>
            {newKey !== undefined && (
              <Alert
                type="info"
                header={s.createKey}
                action={
                  <SpaceBetween direction="horizontal" size="xs">
                    <Button loading={making.busy} disabled={!newKey} onClick={() => void makeKey()}>
                      {s.makeKey}
                    </Button>
                    <Button variant="link" onClick={() => setNewKey(undefined)}>
                      {t.cancel}
                    </Button>
                  </SpaceBetween>
                }
              >
                <SpaceBetween size="s">
                  <span>{s.onceOnly}</span>
                  <ErrorAlert error={making.error} />
                  <Input value={newKey} onChange={({ detail }) => setNewKey(detail.value)} placeholder={s.keyPlaceholder} ariaLabel={s.newKeyName} />
                </SpaceBetween>
              </Alert>
            )}
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">{t.ec2.instances.role}</Header>}>
          <FormField
            label={t.ec2.role.role}
            description={s.roleHint}
            stretch
            constraintText={<To path="/iam/roles/create" external>{t.ec2.role.create}</To>}
            secondaryControl={<Button iconName="refresh" ariaLabel={t.ec2.role.refresh} onClick={() => void profiles.reload()} />}
          >
            <Select
              selectedOption={roleOptions.find(({ value }) => value === profile) ?? null}
              options={roleOptions}
              filteringType="auto"
              onChange={({ detail }) => setProfile(detail.selectedOption.value ?? '')}
              ariaLabel={t.ec2.role.role}
            />
          </FormField>
        </Container>
        <CliCommand lines={[command]} />
      </SpaceBetween>
    </Form>
  );
}
