/** AWS's code and message, and what one can do about it. */
import { isNoAnswer } from './reach';
import { t } from './strings';

export interface Explained {
  code: string;
  message: string;
  hint: string | undefined;
}

export function explain(error: unknown): Explained {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error), hint: undefined };
  if (isNoAnswer(error)) {
    return { code: t.errors.noAnswer, message: t.errors.unreachable, hint: t.errors.unreachableHint };
  }
  const code = error.name;
  const message = readable(error.message);
  return { code, message, hint: t.errors.hints[code] };
}

/** What is thrown when what one was editing is no longer what one began with. */
export function changedMeanwhile(message: string): Error {
  return Object.assign(new Error(message), { name: t.errors.changedMeanwhile });
}

/** EC2 appends a long encoded text for whoever may decode it: that is not for reading here. */
export function readable(message: string): string {
  return message.replace(/ ?Encoded authorization failure message: \S+/, '');
}

/** The id of the call that a service refused. */
export function requestOf(error: unknown): string | undefined {
  return (error as { $metadata?: { requestId?: string } }).$metadata?.requestId;
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

const OVER = new Set(['ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'RequestExpired', 'AuthFailure', 'InvalidToken']);

export function isSessionOver(error: unknown): boolean {
  return error instanceof Error && OVER.has(error.name);
}

export interface Denial {
  actor: string;
  action: string;
  resource: string;
  because: string;
  explicit: boolean;
}

const DENIAL =
  /(?:User: )?(?<actor>\S+) is not authorized to perform: (?<action>[\w-]+:[\w*]+)(?: on resource: (?<resource>.+?))?(?: because (?<because>.+?))?\.?$/s;

/** The parts of AWS's words for a denial; undefined for other messages. */
export function denialIn(message: string): Denial | undefined {
  const found = DENIAL.exec(readable(message).trim())?.groups;
  if (!found?.actor || !found.action) return undefined;
  const because = found.because ?? '';
  return {
    actor: found.actor,
    action: found.action,
    resource: (found.resource ?? '').replace(/ with an explicit deny.*$/s, '').replace(/^"(.*)"$/s, '$1'),
    because: because || (/with an explicit deny.*/s.exec(found.resource ?? '')?.[0] ?? ''),
    explicit: /explicit deny/.test(message),
  };
}

const REFUSED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);

/** Whether one may not do this: asking again by oneself would only fill the trail with denials. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && REFUSED.has(error.name);
}
