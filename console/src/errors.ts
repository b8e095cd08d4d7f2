/** AWS's code and message, and what one can do about it. */
import { t } from './strings';

export interface Explained {
  code: string;
  message: string;
  hint: string | undefined;
}

export function explain(error: unknown): Explained {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error), hint: undefined };
  if (error instanceof TypeError || error.name === 'NetworkError') {
    return { code: t.errors.noAnswer, message: t.errors.unreachable, hint: t.errors.unreachableHint };
  }
  const code = error.name;
  // EC2 appends a long encoded text for whoever may decode it: that is not for reading here
  const message = error.message.replace(/ ?Encoded authorization failure message: \S+/, '');
  return { code, message, hint: t.errors.hints[code] };
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

const OVER = new Set(['ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'RequestExpired', 'AuthFailure', 'InvalidToken']);

export function isSessionOver(error: unknown): boolean {
  return error instanceof Error && OVER.has(error.name);
}
