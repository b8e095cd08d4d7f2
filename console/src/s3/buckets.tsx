/** The buckets of the account: what `aws s3 ls` lists. */
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAction, useLoad } from '../data';
import { pathOf, To } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { CliCommand, Confirm, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { listBuckets, s3 } from './api';

const s = t.s3.buckets;

export default function Buckets() {
  const buckets = useLoad(listBuckets, 'buckets', 15);
  const [selected, setSelected] = useState<string[]>([]);
  const [asked, setAsked] = useState<'create' | 'delete' | null>(null);
  const [name, setName] = useState('');
  const { busy, error, run, clear } = useAction();
  const { push } = useFlash();
  const chosen = selected[0];
  const region = session().region;
  const dismiss = () => {
    setAsked(null);
    clear();
  };
  const create = () =>
    run(async () => {
      await s3().send(
        new CreateBucketCommand({
          Bucket: name,
          ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } }),
        }),
      );
      push('success', s.created(name));
      setAsked(null);
      setName('');
      await buckets.reload();
    });
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
        text={(each) => each.Name ?? ''}
        placeholder={s.search}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void buckets.reload()} />
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
          {
            id: 'created',
            header: t.created,
            cell: (each) => when(each.CreationDate),
            sortingComparator: (a, b) => (a.CreationDate?.getTime() ?? 0) - (b.CreationDate?.getTime() ?? 0),
          },
        ]}
      />
      {asked === 'create' && (
        <Modal
          visible
          header={s.create}
          closeAriaLabel={t.close}
          onDismiss={dismiss}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={dismiss}>
                  {t.cancel}
                </Button>
                <Button variant="primary" loading={busy} disabled={!name} onClick={() => void create()}>
                  {s.create}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="m">
            <ErrorAlert error={error} />
            <FormField label={t.name} constraintText={s.rule} description={s.nameHint}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <CliCommand lines={[`aws s3 mb s3://${name || 'NAME'}`]} />
          </SpaceBetween>
        </Modal>
      )}
      {asked === 'delete' && chosen && (
        <Confirm
          header={s.deleteHeader(chosen)}
          word={chosen}
          button={t.delete}
          commands={[`aws s3 rb s3://${chosen}`]}
          onDismiss={dismiss}
          onConfirm={async () => {
            await s3().send(new DeleteBucketCommand({ Bucket: chosen }));
            push('success', s.deleted(chosen));
            setSelected([]);
            await buckets.reload();
          }}
        >
          <Box>{s.deleteWarning}</Box>
        </Confirm>
      )}
    </>
  );
}
