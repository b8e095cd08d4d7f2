/** Identity providers: who else may vouch for people and programs here. */
import {
  CreateOpenIDConnectProviderCommand,
  CreateSAMLProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteSAMLProviderCommand,
  ListOpenIDConnectProvidersCommand,
  ListSAMLProvidersCommand,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FileUpload from '@cloudscape-design/components/file-upload';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { To } from '../routing';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { Confirm, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';

const s = t.iam.providers;

export interface Provider {
  arn: string;
  name: string;
  kind: 'oidc' | 'saml';
  created: Date | undefined;
}

export const nameOf = (arn: string): string => arn.split('-provider/').slice(1).join('-provider/');

async function listProviders(): Promise<Provider[]> {
  const [web, saml] = await Promise.all([iam().send(new ListOpenIDConnectProvidersCommand({})), iam().send(new ListSAMLProvidersCommand({}))]);
  return [
    ...(web.OpenIDConnectProviderList ?? []).map(({ Arn = '' }) => ({ arn: Arn, name: nameOf(Arn), kind: 'oidc' as const, created: undefined })),
    ...(saml.SAMLProviderList ?? []).map(({ Arn = '', CreateDate }) => ({ arn: Arn, name: nameOf(Arn), kind: 'saml' as const, created: CreateDate })),
  ];
}

export async function deleteProvider({ arn, kind }: Pick<Provider, 'arn' | 'kind'>): Promise<void> {
  if (kind === 'oidc') await iam().send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }));
  else await iam().send(new DeleteSAMLProviderCommand({ SAMLProviderArn: arn }));
}

export const deleteProviderCommand = ({ arn, kind }: Pick<Provider, 'arn' | 'kind'>): string =>
  kind === 'oidc'
    ? aws('iam', 'delete-open-id-connect-provider', { 'open-id-connect-provider-arn': arn })
    : aws('iam', 'delete-saml-provider', { 'saml-provider-arn': arn });

export default function Providers() {
  const loaded = useLoad(listProviders, 'providers', 30);
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<Provider>();
  const { push } = useFlash();
  const one = loaded.data?.find(({ arn }) => arn === selected[0]);
  return (
    <>
      <List
        name="providers"
        loaded={loaded}
        header={s.title}
        description={s.description}
        selection="single"
        selected={selected}
        onSelected={setSelected}
        id={({ arn }) => arn}
        label={({ name }) => name}
        text={({ name }) => name}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void loaded.reload()} />
            <Button disabled={!one} onClick={() => setDeleting(one)}>
              {t.delete}
            </Button>
            <Button variant="primary" onClick={() => setAdding(true)}>
              {s.add}
            </Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columns={[
          { id: 'name', header: s.provider, cell: ({ name, arn }) => <To path={`/iam/providers?arn=${encodeURIComponent(arn)}`}>{name}</To>, sortingField: 'name', isRowHeader: true },
          { id: 'kind', header: t.type, cell: ({ kind }) => s.kinds[kind], sortingField: 'kind' },
          { id: 'created', header: t.created, cell: ({ created }) => when(created) },
        ]}
      />
      {adding && <Add onDismiss={() => setAdding(false)} onDone={loaded.reload} />}
      {deleting && (
        <Confirm
          header={s.deleteHeader(deleting.name)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[deleteProviderCommand(deleting)]}
          onDismiss={() => setDeleting(undefined)}
          onConfirm={async () => {
            await deleteProvider(deleting);
            setSelected([]);
            push('success', s.deleted(deleting.name));
            await loaded.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}

function Add({ onDismiss, onDone }: { onDismiss: () => void; onDone: () => Promise<void> }) {
  const [kind, setKind] = useState<'oidc' | 'saml'>('oidc');
  const [url, setUrl] = useState('https://');
  const [audience, setAudience] = useState('sts.amazonaws.com');
  const [thumbprint, setThumbprint] = useState('');
  const [name, setName] = useState('');
  const [metadata, setMetadata] = useState('');
  const { push } = useFlash();
  const ready = kind === 'oidc' ? /^https:\/\/.+/.test(url) && audience !== '' : name !== '' && metadata.trim() !== '';
  return (
    <FormModal
      size="large"
      header={s.add}
      button={s.add}
      ready={ready}
      commands={[
        kind === 'oidc'
          ? aws('iam', 'create-open-id-connect-provider', { url, 'client-id-list': [audience], 'thumbprint-list': thumbprint ? [thumbprint] : undefined })
          : aws('iam', 'create-saml-provider', { name: name || 'NAME', 'saml-metadata-document': 'file://metadata.xml' }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        if (kind === 'oidc') {
          await iam().send(
            new CreateOpenIDConnectProviderCommand({ Url: url, ClientIDList: [audience], ...(thumbprint ? { ThumbprintList: [thumbprint] } : {}) }),
          );
          push('success', s.added(url.replace('https://', '')));
        } else {
          await iam().send(new CreateSAMLProviderCommand({ Name: name, SAMLMetadataDocument: metadata }));
          push('success', s.added(name));
        }
        await onDone();
      }}
    >
      <RadioGroup
        value={kind}
        ariaLabel={t.type}
        onChange={({ detail }) => setKind(detail.value as 'oidc' | 'saml')}
        items={[
          { value: 'oidc', label: s.kinds.oidc, description: s.oidcHint },
          { value: 'saml', label: s.kinds.saml, description: s.samlHint },
        ]}
      />
      {kind === 'oidc' ? (
        <>
          <FormField label={s.url} description={s.urlHint}>
            <Input value={url} inputMode="url" onChange={({ detail }) => setUrl(detail.value)} />
          </FormField>
          <FormField label={s.audience} description={s.audienceHint}>
            <Input value={audience} onChange={({ detail }) => setAudience(detail.value)} />
          </FormField>
          <FormField label={<span>{s.thumbprint} <i>– {t.optional}</i></span>} description={s.thumbprintHint}>
            <Input value={thumbprint} spellcheck={false} onChange={({ detail }) => setThumbprint(detail.value)} />
          </FormField>
        </>
      ) : (
        <>
          <FormField label={s.name}>
            <Input value={name} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
          <FormField label={s.metadata} description={s.metadataHint}>
            <SpaceBetween size="xs">
              <FileUpload
                value={[]}
                accept=".xml,text/xml,application/xml"
                i18nStrings={{ uploadButtonText: () => s.chooseFile, dropzoneText: () => s.chooseFile, removeFileAriaLabel: () => t.delete, limitShowFewer: '', limitShowMore: '', errorIconAriaLabel: '' }}
                onChange={({ detail }) => void detail.value[0]?.text().then(setMetadata)}
              />
              <Textarea value={metadata} rows={6} spellcheck={false} ariaLabel={s.metadata} onChange={({ detail }) => setMetadata(detail.value)} />
            </SpaceBetween>
          </FormField>
        </>
      )}
    </FormModal>
  );
}
