/** One's own access keys. */
import { DeleteAccessKeyCommand, type StatusType, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { ago, Confirm, Copyable, Empty, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam, type Key, listKeys, mine } from './api';
import { NewAccessKey } from './new-access-key';

const s = t.credentials.keys;

export function KeysSection() {
  const keys = useLoad(listKeys, 'own access keys');
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Key>();
  const { busy, error, run } = useAction();
  const flash = useFlash();
  const turn = (key: Key, status: StatusType) =>
    run(async () => {
      await iam().send(new UpdateAccessKeyCommand({ ...mine(), AccessKeyId: key.AccessKeyId, Status: status }));
      const id = key.AccessKeyId ?? '';
      flash.push('success', status === 'Active' ? s.activated(id) : s.deactivated(id));
      await keys.reload();
    });
  const remove = async (key: Key) => {
    await iam().send(new DeleteAccessKeyCommand({ ...mine(), AccessKeyId: key.AccessKeyId }));
    flash.push('success', s.deleted(key.AccessKeyId ?? ''));
    await keys.reload();
  };
  return (
    <div>
      <ErrorAlert error={error ?? keys.error} />
      <Table
        items={keys.data ?? []}
        loading={keys.loading}
        loadingText={t.loading}
        trackBy="AccessKeyId"
        ariaLabels={{ tableLabel: s.title }}
        header={
          <Header
            variant="h2"
            description={s.description}
            counter={keys.data ? `(${keys.data.length})` : ''}
            actions={
              <Button disabled={(keys.data?.length ?? 0) >= 2} onClick={() => setCreating(true)}>
                {s.create}
              </Button>
            }
          >
            {s.title}
          </Header>
        }
        empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
        columnDefinitions={[
          {
            id: 'id',
            header: s.id,
            isRowHeader: true,
            cell: (key) => <Copyable text={key.AccessKeyId ?? ''} label={s.id} />,
          },
          {
            id: 'status',
            header: s.status,
            cell: (key) => (
              <StatusIndicator type={key.Status === 'Active' ? 'success' : 'stopped'}>
                {key.Status === 'Active' ? s.active : s.inactive}
              </StatusIndicator>
            ),
          },
          { id: 'used', header: s.used, cell: (key) => (key.used?.LastUsedDate ? ago(key.used.LastUsedDate) : s.never) },
          { id: 'created', header: t.created, cell: (key) => when(key.CreateDate) },
          {
            id: 'actions',
            header: t.actions,
            cell: (key) => (
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  variant="inline-link"
                  disabled={busy}
                  ariaLabel={`${key.Status === 'Active' ? s.deactivate : s.activate} ${key.AccessKeyId ?? ''}`}
                  onClick={() => void turn(key, key.Status === 'Active' ? 'Inactive' : 'Active')}
                >
                  {key.Status === 'Active' ? s.deactivate : s.activate}
                </Button>
                <Button variant="inline-link" ariaLabel={`${t.delete} ${key.AccessKeyId ?? ''}`} onClick={() => setDeleting(key)}>
                  {t.delete}
                </Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {creating && (
        <NewAccessKey userName={mine().UserName} onMade={() => void keys.reload()} onDismiss={() => setCreating(false)} />
      )}
      {deleting && (
        <Confirm
          header={s.deleteHeader(deleting.AccessKeyId ?? '')}
          word={deleting.AccessKeyId ?? ''}
          button={t.delete}
          commands={[
            aws('iam', 'delete-access-key', { 'user-name': mine().UserName, 'access-key-id': deleting.AccessKeyId }),
          ]}
          onConfirm={() => remove(deleting)}
          onDismiss={() => setDeleting(undefined)}
        >
          {deleting.Status === 'Active' ? `${s.deleteWarning} ${s.deleteFirst}` : s.deleteWarning}
        </Confirm>
      )}
    </div>
  );
}
