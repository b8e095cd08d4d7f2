/** The buckets of the account: what `aws s3 ls` lists. */
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { listRegions } from '../ec2/api';
import { pathOf, To } from '../routing';
import { session } from '../session';
import { FormModal } from '../shell/form-modal';
import { List } from '../shell/list';
import { Confirm, Empty, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { at, deleteAll, forgetRegion, listBuckets, s3 } from './api';

const s = t.s3.buckets;
const HOME = 'us-east-1';

export default function Buckets() {
  const buckets = useLoad(listBuckets, 'buckets', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [asked, setAsked] = useState<'create' | 'delete' | 'empty' | null>(null);
  const [progress, setProgress] = useState(0);
  const { push } = useFlash();
  const chosen = selected[0];
  const dismiss = () => setAsked(null);
  const open = (primary: boolean) => (
    <Button variant={primary ? 'primary' : 'normal'} onClick={() => setAsked('create')}>
      {s.create}
    </Button>
  );
  return (
    <>
      <List
        name="buckets"
        loaded={buckets}
        header={s.title}
        description={s.description}
        selection="single"
        selected={selected}
        onSelected={setSelected}
        id={(each) => each.Name ?? ''}
        label={(each) => each.Name ?? ''}
        text={(each) => `${each.Name ?? ''} ${each.BucketRegion ?? ''}`}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void buckets.reload()} />
            <Button disabled={!chosen} onClick={() => setAsked('empty')}>
              {s.emptyButton}
            </Button>
            <Button disabled={!chosen} onClick={() => setAsked('delete')}>
              {t.delete}
            </Button>
            {open(true)}
          </SpaceBetween>
        }
        empty={
          <Empty header={s.empty} action={open(false)}>
            {s.emptyHint}
          </Empty>
        }
        columns={[
          {
            id: 'name',
            header: t.name,
            cell: (each) => <To path={pathOf('s3', 'buckets', each.Name ?? '')}>{each.Name}</To>,
            sortingField: 'Name',
            isRowHeader: true,
          },
          { id: 'region', header: s.region, cell: (each) => each.BucketRegion ?? t.none, sortingField: 'BucketRegion' },
          {
            id: 'created',
            header: t.created,
            cell: (each) => when(each.CreationDate),
            sortingComparator: (a, b) => (a.CreationDate?.getTime() ?? 0) - (b.CreationDate?.getTime() ?? 0),
          },
        ]}
      />
      {asked === 'create' && <CreateBucket reload={buckets.reload} onDismiss={dismiss} />}
      {asked === 'delete' && chosen && (
        <Confirm
          header={s.deleteHeader(chosen)}
          word={chosen}
          button={t.delete}
          commands={[`aws s3 rb s3://${chosen}`]}
          onDismiss={dismiss}
          onConfirm={async () => {
            await (await at(chosen)).send(new DeleteBucketCommand({ Bucket: chosen }));
            forgetRegion(chosen);
            push('success', s.deleted(chosen));
            setSelected([]);
            await buckets.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
      {asked === 'empty' && chosen && (
        <Confirm
          header={s.emptyHeader(chosen)}
          word={s.emptyWord}
          button={s.emptyButton}
          commands={[`aws s3 rm --recursive s3://${chosen}`]}
          onDismiss={() => {
            setProgress(0);
            dismiss();
          }}
          onConfirm={async () => {
            const count = await deleteAll(chosen, [''], setProgress);
            push('success', s.emptied(chosen, count));
          }}
        >
          <Box>{s.emptyWarning}</Box>
          {progress > 0 && <Box>{t.s3.objects.progress(progress)}</Box>}
        </Confirm>
      )}
    </>
  );
}

function CreateBucket({ reload, onDismiss }: { reload: () => Promise<void>; onDismiss: () => void }) {
  const own = session().region;
  const regions = useLoad(async () => [...new Set([own, ...(await listRegions().catch(() => []))])].sort(), 'regions');
  const [name, setName] = useState('');
  const [region, setRegion] = useState(own);
  const { push } = useFlash();
  const options = (regions.data ?? [own]).map((value) => ({ value, label: value }));
  return (
    <FormModal
      header={s.create}
      button={s.create}
      ready={Boolean(name)}
      commands={[`aws s3 mb s3://${name || 'NAME'}${region === own ? '' : ` --region ${region}`}`]}
      onDismiss={onDismiss}
      onSubmit={async () => {
        forgetRegion(name);
        const place = region === HOME ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } };
        await s3(region).send(new CreateBucketCommand({ Bucket: name, ...place }));
        push('success', s.created(name));
        await reload();
      }}
    >
      <FormField label={t.name} constraintText={s.rule} description={s.nameHint}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} disableBrowserAutocorrect />
      </FormField>
      <FormField label={s.region} description={s.regionHint}>
        <Select
          selectedOption={{ value: region, label: region }}
          options={options}
          filteringType="auto"
          statusType={regions.loading ? 'loading' : 'finished'}
          onChange={({ detail }) => setRegion(detail.selectedOption.value ?? own)}
        />
      </FormField>
    </FormModal>
  );
}
