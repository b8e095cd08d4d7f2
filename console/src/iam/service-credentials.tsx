/** The service-specific credentials of a user. */
import {
  CreateServiceSpecificCredentialCommand,
  DeleteServiceSpecificCredentialCommand,
  ListServiceSpecificCredentialsCommand,
  UpdateServiceSpecificCredentialCommand,
  type ServiceSpecificCredential,
} from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { useAction, useLoad } from '../data';
import { FormModal } from '../shell/form-modal';
import { Confirm, Copyable, download, ErrorAlert, useFlash, when } from '../shell/parts';
import { t } from '../strings';
import { iam } from './api';
import { Held } from '../account/held';

const s = t.iam.users.credentials;
const SERVICES = ['codecommit.amazonaws.com', 'cassandra.amazonaws.com'];

const status = (value: string | undefined) => (value === 'Active' ? t.iam.users.keyActive : t.iam.users.keyInactive);
const turned = (value: string | undefined) => (value === 'Active' ? 'Inactive' : 'Active');

export function ServiceCredentials({ name }: { name: string }) {
  const loaded = useLoad(
    async () => (await iam().send(new ListServiceSpecificCredentialsCommand({ UserName: name }))).ServiceSpecificCredentials ?? [],
    `service credentials of ${name}`,
  );
  const [making, setMaking] = useState(false);
  const [service, setService] = useState(SERVICES[0] ?? '');
  const [made, setMade] = useState<ServiceSpecificCredential>();
  const [deleting, setDeleting] = useState('');
  const { error, run, clear } = useAction();
  const { push } = useFlash();
  return (
    <>
      <ErrorAlert error={error} onDismiss={clear} />
      <Held
        header={s.service}
        description={s.serviceHint}
        loaded={loaded}
        id={(each) => each.ServiceSpecificCredentialId ?? ''}
        empty={s.noService}
        actions={<Button onClick={() => setMaking(true)}>{s.generate}</Button>}
        columns={[
          { header: t.iam.users.name, cell: (each) => each.ServiceUserName ?? each.ServiceSpecificCredentialId },
          { header: s.forService, cell: (each) => each.ServiceName },
          { header: s.status, cell: (each) => status(each.Status) },
          { header: t.created, cell: (each) => when(each.CreateDate) },
        ]}
        row={(each) => [
          {
            text: each.Status === 'Active' ? s.deactivate : s.activate,
            onClick: () =>
              void run(async () => {
                await iam().send(
                  new UpdateServiceSpecificCredentialCommand({ UserName: name, ServiceSpecificCredentialId: each.ServiceSpecificCredentialId, Status: turned(each.Status) }),
                );
                await loaded.reload();
              }),
          },
          { text: t.delete, onClick: () => setDeleting(each.ServiceSpecificCredentialId ?? '') },
        ]}
      />
      {making && (
        <FormModal
          header={s.generate}
          button={s.generate}
          commands={[aws('iam', 'create-service-specific-credential', { 'user-name': name, 'service-name': service })]}
          onDismiss={() => setMaking(false)}
          onSubmit={async () => {
            const reply = await iam().send(new CreateServiceSpecificCredentialCommand({ UserName: name, ServiceName: service }));
            setMade(reply.ServiceSpecificCredential);
            await loaded.reload();
          }}
        >
          <FormField label={s.forService}>
            <Select
              selectedOption={{ value: service, label: service }}
              options={SERVICES.map((value) => ({ value, label: value }))}
              onChange={({ detail }) => setService(detail.selectedOption.value ?? '')}
            />
          </FormField>
        </FormModal>
      )}
      {made && (
        <Modal
          visible
          header={s.generated}
          closeAriaLabel={t.close}
          onDismiss={() => setMade(undefined)}
          footer={
            <Button
              iconName="download"
              onClick={() =>
                download(`${name}_${service}.csv`, `User Name,Password\r\n"${made.ServiceUserName ?? ''}","${made.ServicePassword ?? ''}"\r\n`, 'text/csv')
              }
            >
              {t.iam.users.password.csv}
            </Button>
          }
        >
          <SpaceBetween size="m">
            <Alert type="warning">{t.iam.users.password.once}</Alert>
            <FormField label={t.iam.users.name}>
              <Copyable text={made.ServiceUserName ?? ''} label={t.iam.users.name} />
            </FormField>
            <FormField label={t.iam.users.password.title}>
              <span className="wrap">
                <Copyable text={made.ServicePassword ?? ''} label={t.iam.users.password.title} />
              </span>
            </FormField>
          </SpaceBetween>
        </Modal>
      )}
      {deleting && (
        <Confirm
          header={s.deleteKeyHeader(deleting)}
          word={t.confirm.delete}
          button={t.delete}
          commands={[aws('iam', 'delete-service-specific-credential', { 'user-name': name, 'service-specific-credential-id': deleting })]}
          onDismiss={() => setDeleting('')}
          onConfirm={async () => {
            await iam().send(new DeleteServiceSpecificCredentialCommand({ UserName: name, ServiceSpecificCredentialId: deleting }));
            push('success', s.keyDeleted(deleting));
            await loaded.reload();
          }}
        >
          {s.deleteKeyWarning}
        </Confirm>
      )}
    </>
  );
}
