import { argumentError } from '../../base/errors/argument-error.js';
import { OWN_PROPERTY, writeText } from '../store/properties.js';
import { findCertificate } from '../store/find-certificate.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';

/** Where a pending request was sent, and under which number it waits there. */
export interface Submission {
  /** How it was sent, as an option of submitRequest(). */
  readonly by: 'est' | 'scep' | 'certsrv' | 'certreq';
  /** The address, or 'host\\name of the authority' for certreq. */
  readonly authority: string;
  /** Null for EST, which is sent the same request again. */
  readonly id: string | null;
}

/**
 * Keeps with a pending request where it was sent, so that the authority can be asked again later, perhaps by another
 * process. Completing or cancelling the request removes that too.
 *
 * @param reference of a pending request
 * @param submission null once it is over: the next submission is a new one
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export async function rememberSubmission(reference: string, submission: Submission | null): Promise<void> {
  const text = submission === null ? null : JSON.stringify(submission);
  if (text !== null && readSubmission(text) === null) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'The submission is invalid');
  }
  const { store } = parseReference(reference);
  using entry = await findCertificate(reference);
  using requests = await openStore(store?.path ?? '');
  await requests.change(entry, (each) => writeText(each, OWN_PROPERTY.submission, text));
}

const WAYS: readonly unknown[] = ['est', 'scep', 'certsrv', 'certreq'] satisfies Submission['by'][];

/** Any program of this user can write the property. @returns null for a value that is not one of ours */
export function readSubmission(text: string | null): Submission | null {
  if (text === null || text.length > LONGEST) return null;
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return null;
  const { by, authority, id }: { by?: unknown; authority?: unknown; id?: unknown } = value;
  const isAuthority = typeof authority === 'string' && /^[\x20-\x7e\u00a0-\uffff]+$/.test(authority);
  const isId = id === null || (typeof id === 'string' && /^[\w.-]{1,128}$/.test(id));
  return WAYS.includes(by) && isAuthority && isId ? { by: by as Submission['by'], authority, id } : null;
}

/** Characters of the property. */
const LONGEST = 4096;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
