/** A terminal on an instance, in the page. It ends with the page. */
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button, { type ButtonProps } from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useEffect, useRef, useState } from 'react';
import { Empty, ErrorAlert } from '../shell/parts';
import { t } from '../strings';
import { connect, type End, type Line } from './terminal-line';
import { withStyles } from './terminal-styles';
import './terminal.css';

const s = t.ec2.connect;

const DARK: ITheme = {
  background: '#0f141a',
  foreground: '#d7dde4',
  cursor: '#d7dde4',
  cursorAccent: '#0f141a',
  selectionBackground: '#3b5a7d',
};

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#16191f',
  cursor: '#16191f',
  cursorAccent: '#ffffff',
  selectionBackground: '#b5d6ff',
  black: '#16191f',
  red: '#b3261e',
  green: '#1b6b2a',
  yellow: '#7a5600',
  blue: '#1b4fb5',
  magenta: '#8a2a8a',
  cyan: '#0b6577',
  white: '#5f6b7a',
  brightBlack: '#5f6b7a',
  brightRed: '#b3261e',
  brightGreen: '#1b6b2a',
  brightYellow: '#7a5600',
  brightBlue: '#1b4fb5',
  brightMagenta: '#8a2a8a',
  brightCyan: '#0b6577',
  brightWhite: '#16191f',
};

const themeNow = (): ITheme => (document.documentElement.style.colorScheme === 'dark' ? DARK : LIGHT);

type Phase = 'connecting' | 'connected' | End;

const INDICATORS: Record<string, StatusIndicatorProps.Type> = { connecting: 'pending', connected: 'success', exit: 'stopped' };

/** Keys that the shell does not get: copying, pasting, and the way out for whoever has no mouse. */
function isLeft(terminal: Terminal, event: KeyboardEvent, leave: () => void): boolean {
  if (event.code === 'F6') {
    if (event.type === 'keydown') leave();
    event.preventDefault();
    return true;
  }
  if (!event.ctrlKey || !event.shiftKey) return false;
  if (event.code === 'KeyC') {
    if (event.type === 'keydown' && terminal.hasSelection()) void navigator.clipboard.writeText(terminal.getSelection());
    event.preventDefault();
    return true;
  }
  return event.code === 'KeyV';
}

export default function BrowserTerminal({ id, running }: { id: string; running: boolean }) {
  const [session, setSession] = useState(0);
  const [seen, setSeen] = useState(running);
  useEffect(() => {
    if (running) setSeen(true);
  }, [running]);
  // what was on the screen stays when the instance stops
  if (!seen) return <Empty header={s.notRunning}>{s.notRunningHint}</Empty>;
  return <Session key={session} id={id} running={running} again={() => setSession(session + 1)} />;
}

function Session({ id, running, again }: { id: string; running: boolean; again: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const line = useRef<Line>(null);
  const button = useRef<ButtonProps.Ref>(null);
  const [phase, setPhase] = useState<Phase>('connecting');

  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const terminal = new Terminal({
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
      fontSize: 14,
      scrollback: 10_000,
      screenReaderMode: true,
      minimumContrastRatio: 4.5,
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    const unstyle = withStyles(() => terminal.open(parent));
    const paint = () => {
      const theme = themeNow();
      terminal.options.theme = theme;
      parent.style.backgroundColor = theme.background ?? '';
    };
    paint();
    fit.fit();
    terminal.textarea?.setAttribute('aria-label', s.terminal(id));
    terminal.attachCustomKeyEventHandler((event) => !isLeft(terminal, event, () => button.current?.focus()));
    const encoder = new TextEncoder();
    const opened = connect(
      id,
      { columns: terminal.cols, rows: terminal.rows },
      {
        onOpen: () => {
          setPhase('connected');
          opened.resize({ columns: terminal.cols, rows: terminal.rows });
          terminal.focus();
        },
        onOutput: (bytes) => terminal.write(bytes),
        onEnd: (end) => {
          terminal.options.disableStdin = true;
          terminal.options.cursorBlink = false;
          setPhase(end);
        },
      },
    );
    line.current = opened;
    terminal.onData((text) => opened.type(encoder.encode(text)));
    terminal.onBinary((text) => opened.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => opened.resize({ columns: cols, rows }));
    const sized = new ResizeObserver(() => fit.fit());
    sized.observe(parent);
    const themed = new MutationObserver(paint);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      opened.close();
      terminal.dispose();
      unstyle();
    };
  }, [id]);

  const kind = typeof phase === 'string' ? phase : phase.kind;
  const over = typeof phase !== 'string';
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            over ? (
              <Button ref={button} variant="primary" disabled={!running} onClick={again}>
                {s.reconnect}
              </Button>
            ) : (
              <Button
                ref={button}
                disabled={phase !== 'connected'}
                onClick={() => {
                  line.current?.close();
                  setPhase({ kind: 'exit' });
                }}
              >
                {s.disconnect}
              </Button>
            )
          }
        >
          {s.terminal(id)}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <div role="status" data-testid="terminal-state">
          <StatusIndicator type={INDICATORS[kind] ?? 'error'}>{s.phases[kind]}</StatusIndicator>
        </div>
        {over && phase.kind === 'lost' && <Alert type="warning">{s.lostHint}</Alert>}
        {over && phase.kind === 'refused' && (
          <ErrorAlert error={Object.assign(new Error(phase.message), { name: phase.code })} />
        )}
        <div className={over ? 'terminal-place over' : 'terminal-place'} ref={place} data-testid="terminal" />
        <Box variant="small">{s.keys}</Box>
      </SpaceBetween>
    </Container>
  );
}
