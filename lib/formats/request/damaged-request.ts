import { MalformedDer } from '../asn1/der-spans.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** ERR_SCHANNEL_REQUEST_DAMAGED; `what` completes "The request has …". */
export const damagedRequest = (what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_REQUEST_DAMAGED', `The request has ${what}`, {
    advice: 'Have it made or copied again.',
    ...(cause !== undefined && { cause }),
  });

/** Reads a part of a request. @throws SchannelError ERR_SCHANNEL_REQUEST_DAMAGED where its DER is malformed */
export function readPart<Part>(part: string, read: () => Part): Part {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof MalformedDer)) throw cause;
    throw damagedRequest(`${part} that cannot be read: ${lowerFirst(cause.message)}`, cause);
  }
}

const lowerFirst = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
