/** Change how an instance may reach its metadata, while it runs. */
import { type Instance, ModifyInstanceMetadataOptionsCommand } from '@aws-sdk/client-ec2';
import { useState } from 'react';
import { aws } from '../cli';
import { FormModal } from '../shell/form-modal';
import { useFlash } from '../shell/parts';
import { t } from '../strings';
import { ec2, getInstance } from './api';
import { areHops, MetadataFields, type Options, parameters } from './metadata-fields';

const s = t.ec2.metadata;

function optionsOf(instance: Instance | undefined): Options {
  const given = instance?.MetadataOptions;
  return {
    endpoint: given?.HttpEndpoint !== 'disabled',
    required: given?.HttpTokens === 'required',
    hops: String(given?.HttpPutResponseHopLimit ?? 1),
    tags: given?.InstanceMetadataTags === 'enabled',
  };
}

interface Props {
  instance: Instance;
  reload: () => Promise<void>;
  onDismiss: () => void;
}

export function MetadataOptions({ instance, reload, onDismiss }: Props) {
  const id = instance.InstanceId ?? '';
  const [opened] = useState(() => optionsOf(instance));
  const [options, setOptions] = useState(opened);
  const { push } = useFlash();
  const same = (a: Options, b: Options) => JSON.stringify(a) === JSON.stringify(b);
  const wanted = parameters(options);
  return (
    <FormModal
      header={s.header}
      button={t.save}
      ready={!same(opened, options) && areHops(options.hops)}
      commands={[
        aws('ec2', 'modify-instance-metadata-options', {
          'instance-id': id,
          'http-endpoint': wanted.HttpEndpoint,
          'http-tokens': wanted.HttpTokens,
          'http-put-response-hop-limit': options.hops,
          'instance-metadata-tags': wanted.InstanceMetadataTags,
        }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        if (!same(opened, optionsOf(await getInstance(id)))) {
          throw Object.assign(new Error(s.changed), { name: s.changedCode });
        }
        await ec2().send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, ...wanted }));
        push('success', s.saved(id));
        await reload();
      }}
    >
      <MetadataFields options={options} onChange={setOptions} />
    </FormModal>
  );
}
