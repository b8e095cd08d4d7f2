/** A dialog with a form in it: what it asks, what it answers, and the command that does the same. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useId } from 'react';
import { useAction } from '../data';
import { t } from '../strings';
import { CliCommand, ErrorAlert } from './parts';

interface Props {
  header: string;
  button: string;
  ready?: boolean;
  size?: 'small' | 'medium' | 'large';
  commands?: string[];
  /** Keep it open after it succeeded, to show what came of it or because something else takes its place. */
  keepOpen?: boolean;
  onSubmit: () => Promise<void>;
  onDismiss: () => void;
  children: ReactNode;
}

/** It closes when `onSubmit` succeeds; until then it shows what went wrong, and nothing that was typed is lost. */
export function FormModal({ header, button, ready = true, size = 'medium', commands, keepOpen, onSubmit, onDismiss, children }: Props) {
  const { busy, error, run } = useAction();
  const form = useId(); // with a button of the form's own, Enter submits it from any of its fields
  const submit = async () => {
    if (ready && !busy && (await run(onSubmit)) && !keepOpen) onDismiss();
  };
  return (
    <Modal
      visible
      size={size}
      header={header}
      closeAriaLabel={t.close}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>
              {keepOpen ? t.close : t.cancel}
            </Button>
            <Button variant="primary" loading={busy} disabled={!ready} form={form}>
              {button}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // React would tell the form of the page that the dialog was opened from
          void submit();
        }}
      >
        <SpaceBetween size="m">
          {children}
          <ErrorAlert error={error} />
          {commands && <CliCommand lines={commands} />}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
