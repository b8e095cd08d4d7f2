/** A role's tags. */
import { ListRoleTagsCommand, TagRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TagEditor, { type TagEditorProps } from '@cloudscape-design/components/tag-editor';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { CliCommand, ErrorAlert, useFlash } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';

const s = t.iam.role;

export function Tags({ name }: { name: string }) {
  const loaded = useLoad<TagEditorProps.Tag[]>(async () => {
    const reply = await iam().send(new ListRoleTagsCommand({ RoleName: name, MaxItems: 100 }));
    return (reply.Tags ?? []).map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '', existing: true }));
  }, name);
  const [edited, setEdited] = useState<readonly TagEditorProps.Tag[]>();
  const [valid, setValid] = useState(true);
  const { busy, error, run } = useAction();
  const { push } = useFlash();
  const tags = edited ?? loaded.data ?? [];
  const kept = tags.filter((tag) => !tag.markedForRemoval);
  const removed = tags.filter((tag) => tag.markedForRemoval && tag.existing).map(({ key }) => key);
  const save = () =>
    run(async () => {
      if (removed.length) await iam().send(new UntagRoleCommand({ RoleName: name, TagKeys: removed }));
      if (kept.length) {
        await iam().send(
          new TagRoleCommand({ RoleName: name, Tags: kept.map(({ key, value }) => ({ Key: key, Value: value })) }),
        );
      }
      push('success', s.tagsSaved(name));
      await loaded.reload();
      setEdited(undefined);
    });
  return (
    <Container header={<Header variant="h3" description={s.tagsHint}>{s.tabs.tags}</Header>}>
      <SpaceBetween size="m">
        <ErrorAlert error={error ?? loaded.error} />
        <TagEditor
          tags={tags}
          tagLimit={50}
          loading={loaded.loading}
          onChange={({ detail }) => {
            setEdited(detail.tags);
            setValid(detail.valid);
          }}
        />
        <Button disabled={!edited || !valid} loading={busy} onClick={() => void save()}>
          {t.save}
        </Button>
        {edited && (
          <CliCommand
            lines={[
              ...(removed.length ? [aws('iam', 'untag-role', { 'role-name': name, 'tag-keys': removed })] : []),
              ...(kept.length
                ? [
                    aws('iam', 'tag-role', {
                      'role-name': name,
                      tags: kept.map(({ key, value }) => `Key=${key},Value=${value}`),
                    }),
                  ]
                : []),
            ]}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}
