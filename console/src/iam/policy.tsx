/** One managed policy: what it says, who has it, its tags and its versions. */
import { ListPolicyTagsCommand, TagPolicyCommand, UntagPolicyCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { lazy, Suspense, useState } from 'react';
import { aws } from '../cli';
import { all, useLoad } from '../data';
import { follow, href, To } from '../routing';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { Copyable, CopyIcon, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { TagForm } from '../shell/tag-form';
import { t } from '../strings';
import { getPolicy, iam, tagOptions, versionText } from './api';
import { DeleteOne } from './entity-list';
import { AttachTo } from './attach-to';
import { commands, detachFrom, pageOf } from './identity';
import { deletePolicy, deletePolicyCommands, type Entity, entitiesOf } from './policy-actions';
import { isManaged } from './policy-table';
import { Versions } from './policy-versions';
import { Summary } from './summary';
import { LinkedTabs } from './tabs';

const Code = lazy(() => import('./editor/code'));
const s = t.iam.policies;

export default function PolicyPage({ arn }: { arn: string }) {
  const loaded = useLoad(
    async () => {
      const policy = await getPolicy(arn);
      return { policy, text: await versionText(arn, policy.DefaultVersionId ?? '') };
    },
    arn,
    15,
  );
  const [deleting, setDeleting] = useState(false);
  if (loaded.loading) return <Spinner size="large" />;
  if (!loaded.data) return <ErrorAlert error={loaded.error} />;
  const { policy, text } = loaded.data;
  const name = policy.PolicyName ?? '';
  const managed = isManaged(policy);
  return (
    <SpaceBetween size="l">
      <ErrorAlert error={loaded.error} />
      <Header variant="h1" description={policy.Description} actions={!managed && <Button onClick={() => setDeleting(true)}>{t.delete}</Button>}>
        {name}
      </Header>
      <Container header={<Header variant="h2">{t.summary}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: s.kind, value: managed ? s.kinds.aws : s.kinds.customer },
            { label: t.created, value: when(policy.CreateDate) },
            { label: 'ARN', value: <Copyable text={arn} label="ARN" /> },
            { label: s.version, value: policy.DefaultVersionId ?? t.none },
            { label: t.updated, value: when(policy.UpdateDate) },
            { label: s.usedBy, value: s.uses(policy.AttachmentCount ?? 0, policy.PermissionsBoundaryUsageCount ?? 0) },
          ]}
        />
      </Container>
      <LinkedTabs
        label={name}
        tabs={[
          { id: 'permissions', label: s.tabs.permissions, content: <Text arn={arn} text={text} managed={managed} /> },
          { id: 'entities', label: s.tabs.entities, content: <Entities arn={arn} onChanged={loaded.reload} /> },
          ...(managed ? [] : [{ id: 'tags', label: s.tabs.tags, content: <Tags arn={arn} name={name} /> }]),
          { id: 'versions', label: s.tabs.versions, content: <Versions arn={arn} managed={managed} onChanged={loaded.reload} /> },
        ]}
      />
      {deleting && <DeleteOne name={name} words={s} commands={deletePolicyCommands(arn)} remove={() => deletePolicy(arn)} list="/iam/policies" onDismiss={() => setDeleting(false)} />}
    </SpaceBetween>
  );
}

function Text({ arn, text, managed }: { arn: string; text: string; managed: boolean }) {
  const [view, setView] = useState('summary');
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              <CopyIcon text={text} label={s.copy} />
              <SegmentedControl
                selectedId={view}
                label={s.show}
                options={[
                  { id: 'summary', text: t.summary },
                  { id: 'json', text: 'JSON' },
                ]}
                onChange={({ detail }) => setView(detail.selectedId)}
              />
              {!managed && (
                <Button href={href(`/iam/policies/edit?arn=${encodeURIComponent(arn)}`)} onFollow={follow}>
                  {t.edit}
                </Button>
              )}
            </SpaceBetween>
          }
        >
          {t.iam.editor.summary.header}
        </Header>
      }
    >
      {view === 'summary' ? (
        <Summary text={text} />
      ) : (
        <Suspense fallback={<Spinner />}>
          <Code label={s.document} text={text} />
        </Suspense>
      )}
    </Container>
  );
}

function Entities({ arn, onChanged }: { arn: string; onChanged: () => Promise<void> }) {
  const loaded = useLoad<Entity[]>(() => entitiesOf(arn), `entities ${arn}`);
  const [selected, setSelected] = useState<string[]>([]);
  const [asking, setAsking] = useState<'attach' | 'detach'>();
  const { push } = useFlash();
  const idOf = ({ kind, name, as }: Entity) => `${as} ${kind}/${name}`;
  const chosen = (loaded.data ?? []).filter((each) => each.as === 'policy' && selected.includes(idOf(each)));
  const done = async () => {
    await loaded.reload();
    await onChanged();
  };
  return (
    <>
      <List
        embedded
        name="entities"
        loaded={loaded}
        header={s.tabs.entities}
        description={s.entitiesHint}
        selection="multi"
        selected={selected}
        onSelected={setSelected}
        id={idOf}
        label={({ name }) => name}
        text={({ name }) => name}
        placeholder={s.findEntities}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!chosen.length} onClick={() => setAsking('detach')}>
              {s.detach}
            </Button>
            <Button variant="primary" onClick={() => setAsking('attach')}>
              {s.attach}
            </Button>
          </SpaceBetween>
        }
        empty={<Empty header={s.noEntities}>{s.noEntitiesHint}</Empty>}
        columns={[
          { id: 'name', header: t.name, cell: (each) => <To path={pageOf(each)}>{each.name}</To>, sortingField: 'name', isRowHeader: true },
          { id: 'kind', header: s.entityKind, cell: (each) => s.entity[each.kind], sortingField: 'kind' },
          { id: 'as', header: s.usedAs, cell: (each) => s.as[each.as] },
        ]}
      />
      {asking === 'attach' && <AttachTo arn={arn} has={(loaded.data ?? []).filter((each) => each.as === 'policy').map((each) => `${each.kind}/${each.name}`)} onDismiss={() => setAsking(undefined)} onDone={done} />}
      {asking === 'detach' && (
        <FormModal
          header={s.detachHeader(chosen.length)}
          button={s.detach}
          commands={chosen.map((each) => commands.detach(each, arn))}
          onDismiss={() => setAsking(undefined)}
          onSubmit={async () => {
            for (const each of chosen) await detachFrom(each, arn);
            setSelected([]);
            push('success', s.detached(chosen.map(({ name }) => name).join(', ')));
            await done();
          }}
        >
          <Box>{s.detachWarning(chosen.map(({ name }) => name).join(', '))}</Box>
        </FormModal>
      )}
    </>
  );
}

function Tags({ arn, name }: { arn: string; name: string }) {
  const fresh = () =>
    all(async (Marker) => {
      const page = await iam().send(new ListPolicyTagsCommand({ PolicyArn: arn, Marker }));
      return { items: page.Tags, next: page.Marker };
    });
  const loaded = useLoad(fresh, `tags of ${arn}`);
  return (
    <TagForm
      loaded={loaded}
      fresh={fresh}
      description={t.iam.role.tagsHint}
      limit={50}
      saved={t.iam.role.tagsSaved(name)}
      save={async ({ changed, removed }) => {
        if (removed.length) await iam().send(new UntagPolicyCommand({ PolicyArn: arn, TagKeys: removed }));
        if (changed.length) await iam().send(new TagPolicyCommand({ PolicyArn: arn, Tags: changed }));
      }}
      commands={({ changed, removed }) => [
        ...(removed.length ? [aws('iam', 'untag-policy', { 'policy-arn': arn, 'tag-keys': removed })] : []),
        ...(changed.length ? [aws('iam', 'tag-policy', { 'policy-arn': arn, tags: tagOptions(changed) })] : []),
      ]}
    />
  );
}
