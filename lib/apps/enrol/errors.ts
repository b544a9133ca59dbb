import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { EnrolAnswer } from './exchange.js';

/** An answer that is not what the protocol has. */
export const badAnswer = (what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ENROL_ANSWER', what, {
    advice: 'Check that the address is that of an authority which speaks this protocol, and ask who runs it.',
    ...(cause === undefined ? {} : { cause }),
  });

export const unauthorized = (host: string, how: string, reason: string | null = null): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ENROL_UNAUTHORIZED',
    `The authority ${host} does not accept ${how}${reason === null ? '' : `: ${reason}`}`,
    {
      advice: 'Check user and password, or the certificate that this request is sent with.',
    },
  );

/** What an authority says in plain text, for a person; null if it says nothing. */
export function textOf({ body, headers }: EnrolAnswer): string | null {
  const type = headers['content-type'] ?? '';
  if (body.length === 0 || !(type === '' || type.startsWith('text/plain'))) return null;
  return printable(body.subarray(0, 4096).toString('utf8').trim(), 500);
}
