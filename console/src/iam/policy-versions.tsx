/** The versions of a policy: which is in force, and what differs between two. */
import { SetDefaultPolicyVersionCommand } from '@aws-sdk/client-iam';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { lazy, Suspense, useState } from 'react';
import { aws } from '../cli';
import { useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { Confirm, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam, versionText } from './api';
import { deleteVersion, versionsOf } from './policy-actions';

const Diff = lazy(() => import('./editor/diff'));
const s = t.iam.policies.versions;

interface Props {
  arn: string;
  managed: boolean;
  onChanged: () => Promise<void>;
}

export function Versions({ arn, managed, onChanged }: Props) {
  const versions = useLoad(() => versionsOf(arn), `versions ${arn}`, 30);
  const [selected, setSelected] = useState<string[]>([]);
  const [asking, setAsking] = useState<'default' | 'delete'>();
  const { push } = useFlash();
  const one = versions.data?.find(({ VersionId }) => VersionId === selected[0]);
  const id = one?.VersionId ?? '';
  const reload = async () => {
    await versions.reload();
    await onChanged();
  };
  return (
    <SpaceBetween size="l">
      <List
        embedded
        name="versions"
        loaded={versions}
        header={s.title}
        description={managed ? s.managedHint : s.hint}
        {...(managed ? {} : { selection: 'single' as const, selected, onSelected: setSelected })}
        id={(each) => each.VersionId ?? ''}
        label={(each) => each.VersionId ?? ''}
        text={(each) => each.VersionId ?? ''}
        placeholder={s.search}
        actions={
          managed ? undefined : (
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={!one || one.IsDefaultVersion === true} onClick={() => setAsking('delete')}>
                {t.delete}
              </Button>
              <Button disabled={!one || one.IsDefaultVersion === true} onClick={() => setAsking('default')}>
                {s.makeDefault}
              </Button>
            </SpaceBetween>
          )
        }
        empty={<Empty header={s.title} />}
        columns={[
          { id: 'version', header: s.version, cell: (each) => each.VersionId, isRowHeader: true, sortingComparator: (a, b) => number(b.VersionId) - number(a.VersionId) },
          { id: 'default', header: s.kind, cell: (each) => (each.IsDefaultVersion ? s.default : t.none) },
          { id: 'created', header: t.created, cell: (each) => when(each.CreateDate) },
        ]}
      />
      <Compare arn={arn} ids={(versions.data ?? []).map(({ VersionId }) => VersionId ?? '')} />
      {asking === 'default' && (
        <FormModal
          header={s.defaultHeader(id)}
          button={s.makeDefault}
          commands={[aws('iam', 'set-default-policy-version', { 'policy-arn': arn, 'version-id': id })]}
          onDismiss={() => setAsking(undefined)}
          onSubmit={async () => {
            await iam().send(new SetDefaultPolicyVersionCommand({ PolicyArn: arn, VersionId: id }));
            push('success', s.defaultDone(id));
            await reload();
          }}
        >
          <Box>{s.defaultWarning}</Box>
        </FormModal>
      )}
      {asking === 'delete' && (
        <Confirm
          header={s.deleteHeader(id)}
          word={id}
          button={t.delete}
          commands={[aws('iam', 'delete-policy-version', { 'policy-arn': arn, 'version-id': id })]}
          onDismiss={() => setAsking(undefined)}
          onConfirm={async () => {
            await deleteVersion(arn, id);
            setSelected([]);
            push('success', s.deleted(id));
            await reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </SpaceBetween>
  );
}

const number = (version: string | undefined): number => Number(version?.slice(1) ?? 0);

function Compare({ arn, ids }: { arn: string; ids: string[] }) {
  const [pair, setPair] = useState<{ before?: string; after?: string }>({});
  const sorted = [...ids].sort((a, b) => number(b) - number(a));
  const after = pair.after ?? sorted[0] ?? '';
  const before = pair.before ?? sorted[1] ?? '';
  const texts = useLoad(async () => (before && after ? await Promise.all([versionText(arn, before), versionText(arn, after)]) : undefined), `${arn} ${before} ${after}`);
  if (ids.length < 2) return null;
  const choose = (name: 'before' | 'after', value: string) => (
    <Select
      selectedOption={{ value, label: value }}
      ariaLabel={s[name]}
      options={sorted.map((each) => ({ value: each, label: each }))}
      onChange={({ detail }) => setPair((old) => ({ ...old, [name]: detail.selectedOption.value ?? '' }))}
    />
  );
  return (
    <Container header={<Header variant="h3">{s.compare}</Header>}>
      <SpaceBetween size="s">
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <Box>{s.from}</Box>
          {choose('before', before)}
          <Box>{s.to}</Box>
          {choose('after', after)}
        </SpaceBetween>
        <ErrorAlert error={texts.error} />
        {texts.data && (
          <Suspense fallback={<Spinner />}>
            <Diff key={`${before} ${after}`} before={texts.data[0]} after={texts.data[1]} label={s.compared(before, after)} />
          </Suspense>
        )}
      </SpaceBetween>
    </Container>
  );
}
