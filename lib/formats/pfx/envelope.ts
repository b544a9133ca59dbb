import { readElement } from '../asn1/element.js';
import { explicit, objectIdentifier, octets, sequence } from '../asn1/fields.js';
import { type ReadBudget } from '../asn1/read-budget.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { unsupported } from '../pbe/unsupported.js';
import { type Mac, readMac } from './mac.js';
import { OID } from './oids.js';

/** The outer structure of a PFX (RFC 7292 §4). */
export interface Envelope {
  /** The AuthenticatedSafe, which the MAC covers. */
  readonly content: Uint8Array;
  /** Null if the file has none: its integrity is then not protected. */
  readonly mac: Mac | null;
}

/**
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNRECOGNIZED for anything but a PFX, ERR_SCHANNEL_IMPORT_DAMAGED,
 *   ERR_SCHANNEL_IMPORT_UNSUPPORTED
 */
export function readEnvelope(bytes: Uint8Array, budget: ReadBudget): Envelope {
  if (!beginsLikePfx(bytes)) throw unrecognized(bytes);
  const [, contentInfo, macData] = sequence(readElement(bytes, budget), 'a PFX');
  const [type, content] = sequence(contentInfo, 'the content');
  const identifier = objectIdentifier(type, 'the kind of content');
  if (identifier !== OID.data) throw unsupported('content', identifier);
  return {
    content: octets(explicit(content, 0, 'the content'), 'the content'),
    mac: macData === undefined ? null : readMac(macData),
  };
}

/**
 * Whether bytes start like a PFX: a SEQUENCE with the INTEGER 3 and a SEQUENCE. No other file of keys or certificates
 * does.
 */
export function beginsLikePfx(bytes: Uint8Array): boolean {
  const length = bytes[1] ?? 0;
  const start = length > 0x80 ? 2 + (length & 0x7f) : 2;
  return bytes[0] === 0x30 && [0x02, 0x01, 0x03, 0x30].every((byte, at) => bytes[start + at] === byte);
}

function unrecognized(bytes: Uint8Array): SchannelError {
  const isText = Buffer.from(bytes.subarray(0, 4096)).includes('-----BEGIN ');
  return new SchannelError('ERR_SCHANNEL_IMPORT_UNRECOGNIZED', 'The file is no PFX (PKCS #12)', {
    advice: isText ? 'It is PEM: give it as cert and key.' : 'Check that it is the right file.',
  });
}
