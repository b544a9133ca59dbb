import { damagedFile } from '../asn1/damaged-file.js';
import { type Element, readElement } from '../asn1/element.js';
import { explicit, implicitOctets, objectIdentifier, octets, sequence } from '../asn1/fields.js';
import { type ReadBudget } from '../asn1/read-budget.js';
import { type Encryption, readEncryption } from '../pbe/encryption.js';
import { together, type Work } from '../pbe/limits.js';
import { unsupported } from '../pbe/unsupported.js';
import { type Bag, type BagReader } from './bags.js';
import { OID } from './oids.js';

/** One part of the AuthenticatedSafe: a list of bags, in plaintext or encrypted. */
export type Safe =
  | { readonly kind: 'plain'; readonly bags: readonly Bag[] }
  | { readonly kind: 'encrypted'; readonly encryption: Encryption; readonly ciphertext: Uint8Array };

/** What it costs to decrypt a part, and to read its known content. */
export const workOnSafe = (safe: Safe): Work =>
  safe.kind === 'encrypted'
    ? safe.encryption.workOn(safe.ciphertext)
    : together(...safe.bags.map(({ work }) => work));

/**
 * The parts of the AuthenticatedSafe (RFC 7292 §4.1).
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED for parts encrypted to a public key,
 *   ERR_SCHANNEL_IMPORT_DAMAGED
 */
export const readSafes = (authenticatedSafe: Uint8Array, reader: BagReader, budget: ReadBudget): Safe[] =>
  sequence(readElement(authenticatedSafe, budget), 'the list of parts').map((part) =>
    readSafe(part, reader, budget),
  );

function readSafe(contentInfo: Element, reader: BagReader, budget: ReadBudget): Safe {
  const [type, content] = sequence(contentInfo, 'a part');
  const identifier = objectIdentifier(type, 'the kind of a part');
  switch (identifier) {
    case OID.data:
      return {
        kind: 'plain',
        bags: reader.read(readElement(octets(explicit(content, 0, 'a part'), 'a part'), budget)),
      };
    case OID.encryptedData:
      return readEncrypted(explicit(content, 0, 'an encrypted part'));
    default:
      throw unsupported('content', identifier);
  }
}

/** EncryptedData (RFC 2315 §13). */
function readEncrypted(encryptedData: Element): Safe {
  const [, info] = sequence(encryptedData, 'an encrypted part');
  const [type, algorithm, content] = sequence(info, 'an encrypted part');
  if (objectIdentifier(type, 'the kind of an encrypted part') !== OID.data) {
    throw damagedFile('an encrypted part of an unknown kind');
  }
  return {
    kind: 'encrypted',
    encryption: readEncryption(algorithm),
    ciphertext: implicitOctets(content, 0, 'encrypted content'),
  };
}
