/** Creating an access key, whose secret is shown once. */
import { type AccessKey, CreateAccessKeyCommand } from '@aws-sdk/client-iam';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { aws } from '../cli';
import { Confirm, Copyable, CliCommand, download, ErrorAlert } from '../shell/parts';
import { useAction } from '../data';
import { t } from '../strings';
import { iam } from './api';

const s = t.credentials.keys;

interface Props {
  /** Whose key it becomes; undefined for root, who is asked twice. */
  userName: string | undefined;
  onMade: () => void;
  onDismiss: () => void;
}

export function NewAccessKey({ userName, onMade, onDismiss }: Props) {
  const [made, setMade] = useState<AccessKey>();
  const { busy, error, run } = useAction();
  const commands = [aws('iam', 'create-access-key', { 'user-name': userName })];
  const create = async () => {
    const reply = await iam().send(new CreateAccessKeyCommand(userName ? { UserName: userName } : {}));
    setMade(reply.AccessKey);
    onMade();
  };
  if (made) return <Made made={made} onDismiss={onDismiss} />;
  if (!userName) {
    return (
      <Confirm
        header={s.rootHeader}
        word="root"
        button={s.create}
        commands={commands}
        onConfirm={create}
        onDismiss={onDismiss}
        keepOpen
      >
        <Alert type="warning">{s.rootWarning}</Alert>
      </Confirm>
    );
  }
  return (
    <Modal
      visible
      header={s.createHeader}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void run(create)}>
              {s.create}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {s.createWarning}
        <ErrorAlert error={error} />
        <CliCommand lines={commands} />
      </SpaceBetween>
    </Modal>
  );
}

function Made({ made, onDismiss }: { made: AccessKey; onDismiss: () => void }) {
  const id = made.AccessKeyId ?? '';
  const secret = made.SecretAccessKey ?? '';
  return (
    <Modal
      visible
      header={s.madeHeader}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              iconName="download"
              onClick={() => download(`${id}.csv`, `Access key ID,Secret access key\r\n${id},${secret}\r\n`, 'text/csv')}
            >
              {s.csv}
            </Button>
            <Button variant="primary" onClick={onDismiss}>
              {s.done}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{s.madeHint}</Alert>
        <FormField label={s.id}>
          <Copyable text={id} label={s.id} />
        </FormField>
        <FormField label={s.secret}>
          <span className="wrap" data-testid="new-secret">
            <Copyable text={secret} label={s.secret} />
          </span>
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
