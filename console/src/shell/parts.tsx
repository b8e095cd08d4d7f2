/** What every page is made of: errors that say what to do, the command for a form, typed confirmation, flash messages. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import type { FlashbarProps } from '@cloudscape-design/components/flashbar';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useAction } from '../data';
import { explain, requestOf } from '../errors';
import { t } from '../strings';
import { WhyDenied } from './denied';

export function ErrorAlert({ error, onDismiss }: { error: unknown; onDismiss?: () => void }) {
  if (!error) return null;
  const { code, message, hint } = explain(error);
  return (
    <Alert
      type="error"
      header={code}
      {...(onDismiss ? { dismissible: true, onDismiss } : {})}
      data-testid="error"
    >
      <SpaceBetween size="xxs">
        <span className="wrap">{message}</span>
        {hint && <Box color="text-body-secondary">{hint}</Box>}
        <WhyDenied message={message} request={requestOf(error)} />
      </SpaceBetween>
    </Alert>
  );
}

/** An error in a flash message. */
export function ErrorText({ error }: { error: unknown }) {
  const { code, message } = explain(error);
  return (
    <span className="wrap">
      <b>{code}</b> {message}
    </span>
  );
}

/** The lines that do the same on the command line. */
export function CliCommand({ lines }: { lines: string[] }) {
  const text = lines.join('\n');
  return (
    <ExpandableSection headerText={t.cli.header} variant="footer">
      <div className="command" data-testid="cli-command">
        <pre>{text}</pre>
        <CopyIcon text={text} label={t.copy.command} />
      </div>
    </ExpandableSection>
  );
}

/** A button that copies what stands beside it. */
export function CopyIcon({ text, label }: { text: string; label: string }) {
  return (
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={label}
      copySuccessText={t.copy.done}
      copyErrorText={t.copy.failed}
    />
  );
}

/** A value with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      copyButtonAriaLabel={`${t.copy.copy} ${label}`}
      copySuccessText={t.copy.done}
      copyErrorText={t.copy.failed}
    />
  );
}

interface ConfirmProps {
  header: string;
  word: string;
  children: ReactNode;
  button: string;
  commands?: string[];
  /** For a confirmation that something else takes the place of. */
  keepOpen?: boolean;
  onConfirm: () => Promise<void>;
  onDismiss: () => void;
}

/** Confirmation of what can not be undone: the word has to be typed. */
export function Confirm({ header, word, children, button, commands, keepOpen, onConfirm, onDismiss }: ConfirmProps) {
  const [typed, setTyped] = useState('');
  const { busy, error, run } = useAction();
  const ready = typed === word;
  const confirm = async () => {
    if (ready && !busy && (await run(onConfirm)) && !keepOpen) onDismiss();
  };
  return (
    <Modal
      visible
      header={header}
      onDismiss={onDismiss}
      closeAriaLabel={t.close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>
              {t.cancel}
            </Button>
            <Button variant="primary" disabled={!ready} loading={busy} onClick={() => void confirm()}>
              {button}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {children}
        <ErrorAlert error={error} />
        <FormField label={t.confirm.type(word)}>
          <Input
            value={typed}
            placeholder={word}
            onChange={({ detail }) => setTyped(detail.value)}
            onKeyDown={({ detail }) => {
              if (detail.key === 'Enter') void confirm();
            }}
            ariaRequired
            disableBrowserAutocorrect
            autoComplete={false}
          />
        </FormField>
        {commands && <CliCommand lines={commands} />}
      </SpaceBetween>
    </Modal>
  );
}

/** What a list shows when it is empty: what the thing is for, and how to make one. */
export function Empty({ header, children, action }: { header: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: 'l' }}>
      <SpaceBetween size="xs">
        <Box variant="strong" fontSize="heading-m">
          {header}
        </Box>
        {children && <Box color="text-body-secondary">{children}</Box>}
        {action}
      </SpaceBetween>
    </Box>
  );
}

type Message = FlashbarProps.MessageDefinition;
interface Flashes {
  items: Message[];
  push: (type: 'success' | 'info' | 'warning' | 'error', content: ReactNode, action?: ReactNode) => void;
}

const FlashContext = createContext<Flashes>({ items: [], push: () => undefined });
let count = 0;

export function FlashProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<Message[]>([]);
  const push = useCallback<Flashes['push']>((type, content, action) => {
    const id = `flash-${++count}`;
    const onDismiss = () => setItems((old) => old.filter((each) => each.id !== id));
    setItems((old) => [
      { id, type, content, action, dismissible: true, dismissLabel: t.dismiss, onDismiss },
      ...old.slice(0, 3),
    ]);
  }, []);
  const value = useMemo(() => ({ items, push }), [items, push]);
  return <FlashContext.Provider value={value}>{children}</FlashContext.Provider>;
}

export function useFlash(): Flashes {
  return useContext(FlashContext);
}

export function when(date: Date | string | undefined): string {
  if (!date) return t.none;
  return new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(date));
}

export function ago(date: Date | undefined): string {
  if (!date) return t.none;
  const seconds = Math.max(0, (Date.now() - date.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat(t.locale, { numeric: 'auto' });
  if (seconds < 90) return t.justNow;
  if (seconds < 5400) return format.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 129600) return format.format(-Math.round(seconds / 3600), 'hour');
  return format.format(-Math.round(seconds / 86400), 'day');
}

/** Hand a file to the browser's downloads. */
export function download(name: string, content: BlobPart, type = 'text/plain'): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
