/** One identity provider: what it is, its audiences and thumbprints or metadata, its tags. */
import {
  AddClientIDToOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  GetSAMLProviderCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
  TagSAMLProviderCommand,
  UntagOpenIDConnectProviderCommand,
  UntagSAMLProviderCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
  UpdateSAMLProviderCommand,
  type Tag,
} from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { changedMeanwhile } from '../errors';
import { navigate } from '../routing';
import { FormModal } from '../shell/form-modal';
import { Confirm, Copyable, ErrorAlert, useFlash, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { iam, tagOptions } from './api';
import { Held } from '../account/held';
import { deleteProvider, deleteProviderCommand, nameOf } from './providers';

const s = t.iam.providers;

interface Facts {
  created: Date | undefined;
  tags: Tag[];
  audiences: string[];
  thumbprints: string[];
  metadata: string;
  until: Date | undefined;
}

async function get(arn: string, kind: 'oidc' | 'saml'): Promise<Facts> {
  if (kind === 'oidc') {
    const reply = await iam().send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }));
    return { created: reply.CreateDate, tags: reply.Tags ?? [], audiences: reply.ClientIDList ?? [], thumbprints: reply.ThumbprintList ?? [], metadata: '', until: undefined };
  }
  const reply = await iam().send(new GetSAMLProviderCommand({ SAMLProviderArn: arn }));
  return { created: reply.CreateDate, tags: reply.Tags ?? [], audiences: [], thumbprints: [], metadata: reply.SAMLMetadataDocument ?? '', until: reply.ValidUntil };
}

/** What the dialog puts up for editing: one of the two is empty. */
const editable = ({ thumbprints, metadata }: Facts): string => metadata || thumbprints.join('\n');

export default function ProviderPage({ arn }: { arn: string }) {
  const kind = arn.includes(':oidc-provider/') ? 'oidc' : 'saml';
  const loaded = useLoad(() => get(arn, kind), arn, 30);
  const [deleting, setDeleting] = useState(false);
  const [editing, setEditing] = useState(false);
  const { push } = useFlash();
  const name = nameOf(arn);
  if (loaded.loading) return <Spinner size="large" />;
  if (!loaded.data) return <ErrorAlert error={loaded.error} />;
  const { created, tags, audiences, thumbprints, metadata, until } = loaded.data;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => setEditing(true)}>{kind === 'oidc' ? s.editThumbprints : s.replaceMetadata}</Button>
            <Button onClick={() => setDeleting(true)}>{t.delete}</Button>
          </SpaceBetween>
        }
      >
        {name}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: t.type, value: s.kinds[kind] },
            { label: t.created, value: when(created) },
            { label: 'ARN', value: <Copyable text={arn} label="ARN" /> },
            ...(kind === 'oidc' ? [{ label: s.thumbprints, value: thumbprints.join(', ') || t.none }] : [{ label: s.until, value: when(until) }]),
          ]}
        />
      </Container>
      {kind === 'oidc' ? (
        <Audiences arn={arn} audiences={audiences} reload={loaded.reload} />
      ) : (
        <Container header={<Header variant="h3">{s.metadata}</Header>}>
          <pre className="document">{metadata}</pre>
        </Container>
      )}
      <TagForm
        loaded={{ ...loaded, data: tags }}
        fresh={async () => (await get(arn, kind)).tags}
        description={t.iam.role.tagsHint}
        limit={50}
        saved={t.iam.role.tagsSaved(name)}
        save={async ({ changed, removed }) => {
          if (kind === 'oidc') {
            if (removed.length) await iam().send(new UntagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, TagKeys: removed }));
            if (changed.length) await iam().send(new TagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, Tags: changed }));
          } else {
            if (removed.length) await iam().send(new UntagSAMLProviderCommand({ SAMLProviderArn: arn, TagKeys: removed }));
            if (changed.length) await iam().send(new TagSAMLProviderCommand({ SAMLProviderArn: arn, Tags: changed }));
          }
        }}
        commands={({ changed, removed }) => {
          const [operation, option] = kind === 'oidc' ? ['open-id-connect-provider', 'open-id-connect-provider-arn'] : ['saml-provider', 'saml-provider-arn'];
          return [
            ...(removed.length ? [aws('iam', `untag-${operation}`, { [option]: arn, 'tag-keys': removed })] : []),
            ...(changed.length ? [aws('iam', `tag-${operation}`, { [option]: arn, tags: tagOptions(changed) })] : []),
          ];
        }}
      />
      {editing && <Edit arn={arn} kind={kind} value={editable(loaded.data)} onDismiss={() => setEditing(false)} onDone={loaded.reload} />}
      {deleting && (
        <Confirm
          header={s.deleteHeader(name)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[deleteProviderCommand({ arn, kind })]}
          onDismiss={() => setDeleting(false)}
          onConfirm={async () => {
            await deleteProvider({ arn, kind });
            push('success', s.deleted(name));
            navigate('/iam/providers');
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function Edit({ arn, kind, value, onDismiss, onDone }: { arn: string; kind: 'oidc' | 'saml'; value: string; onDismiss: () => void; onDone: () => Promise<void> }) {
  const [before] = useState(value);
  const [text, setText] = useState(value);
  const { push } = useFlash();
  const list = text.split(/\s+/).filter(Boolean);
  return (
    <FormModal
      size="large"
      header={kind === 'oidc' ? s.editThumbprints : s.replaceMetadata}
      button={t.save}
      ready={list.length > 0}
      commands={[
        kind === 'oidc'
          ? aws('iam', 'update-open-id-connect-provider-thumbprint', { 'open-id-connect-provider-arn': arn, 'thumbprint-list': list })
          : aws('iam', 'update-saml-provider', { 'saml-provider-arn': arn, 'saml-metadata-document': 'file://metadata.xml' }),
      ]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        if (editable(await get(arn, kind)) !== before) throw changedMeanwhile(s.changed);
        if (kind === 'oidc') await iam().send(new UpdateOpenIDConnectProviderThumbprintCommand({ OpenIDConnectProviderArn: arn, ThumbprintList: list }));
        else await iam().send(new UpdateSAMLProviderCommand({ SAMLProviderArn: arn, SAMLMetadataDocument: text }));
        push('success', s.saved(nameOf(arn)));
        await onDone();
      }}
    >
      <FormField label={kind === 'oidc' ? s.thumbprints : s.metadata}>
        <Textarea value={text} rows={8} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
      </FormField>
    </FormModal>
  );
}

function Audiences({ arn, audiences, reload }: { arn: string; audiences: string[]; reload: () => Promise<void> }) {
  const [adding, setAdding] = useState(false);
  const [audience, setAudience] = useState('');
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.audiences}
        description={s.audienceHint}
        loaded={{ data: audiences, error: undefined, loading: false, reload }}
        id={(each) => each}
        empty={s.noAudience}
        actions={<Button onClick={() => setAdding(true)}>{s.addAudience}</Button>}
        columns={[{ header: s.audience, cell: (each) => each }]}
        row={(each) => [
          {
            text: t.iam.permissions.remove,
            onClick: () =>
              void run(async () => {
                await iam().send(new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, ClientID: each }));
                push('success', s.audienceRemoved(each));
                await reload();
              }),
          },
        ]}
      />
      {adding && (
        <FormModal
          header={s.addAudience}
          button={s.addAudience}
          ready={audience !== ''}
          commands={[aws('iam', 'add-client-id-to-open-id-connect-provider', { 'open-id-connect-provider-arn': arn, 'client-id': audience || 'AUDIENCE' })]}
          onDismiss={() => setAdding(false)}
          onSubmit={async () => {
            await iam().send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, ClientID: audience }));
            push('success', s.audienceAdded(audience));
            setAudience('');
            await reload();
          }}
        >
          <FormField label={s.audience}>
            <Input value={audience} onChange={({ detail }) => setAudience(detail.value)} />
          </FormField>
        </FormModal>
      )}
    </>
  );
}
