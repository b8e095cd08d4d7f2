/** The line between a terminal here and a shell on an instance: docs/console.md, “The terminal, for programs”. */
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { settings } from '../clients';

const PATH = '/_/console/terminal';
const PROTOCOL = 'tabard.terminal.1';

export interface Size {
  columns: number;
  rows: number;
}

/** How a line ended: the shell's exit, what was refused in AWS's words, or a connection that was lost. */
export type End =
  | { kind: 'exit' }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'lost' };

export interface Line {
  type: (bytes: Uint8Array<ArrayBuffer>) => void;
  resize: (size: Size) => void;
  close: () => void;
}

interface Listener {
  onOpen: () => void;
  onOutput: (bytes: Uint8Array) => void;
  onEnd: (end: End) => void;
}

interface Told {
  exit?: unknown;
  error?: { code: string; message: string };
}

async function presigned(id: string, size: Size): Promise<string> {
  const { credentials, region } = settings();
  const signer = new SignatureV4({ service: 'ec2-instance-connect', region, credentials, sha256: Sha256 });
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const query = { instanceId: id, columns: String(size.columns), rows: String(size.rows), nonce };
  const signed = await signer.presign(
    { method: 'GET', protocol: location.protocol, hostname: location.hostname, path: PATH, query, headers: { host: location.host } },
    { expiresIn: 60 },
  );
  const url = new URL(PATH, location.origin.replace(/^http/, 'ws'));
  for (const [name, value] of Object.entries(signed.query ?? {})) url.searchParams.set(name, String(value));
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}

/** Connect; what comes of it is told to the listener, its end exactly once. */
export function connect(id: string, size: Size, listener: Listener): Line {
  let socket: WebSocket | undefined;
  let told: Told = {};
  let over = false;
  const end = (how: End) => {
    if (over) return;
    over = true;
    listener.onEnd(how);
  };
  const begin = (url: string) => {
    if (over) return;
    const opened = new WebSocket(url, PROTOCOL);
    socket = opened;
    opened.binaryType = 'arraybuffer';
    opened.onopen = () => listener.onOpen();
    opened.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (over) return;
      if (typeof data === 'string') told = JSON.parse(data) as Told;
      else listener.onOutput(new Uint8Array(data));
    };
    opened.onclose = () => {
      if (told.error) end({ kind: 'refused', ...told.error });
      else end(told.exit ? { kind: 'exit' } : { kind: 'lost' });
    };
  };
  presigned(id, size).then(begin, () => end({ kind: 'lost' }));
  const isOpen = () => socket?.readyState === WebSocket.OPEN;
  return {
    type: (bytes) => {
      if (isOpen()) socket?.send(bytes);
    },
    resize: ({ columns, rows }) => {
      if (isOpen()) socket?.send(JSON.stringify({ resize: [columns, rows] }));
    },
    close: () => {
      over = true;
      socket?.close();
    },
  };
}
