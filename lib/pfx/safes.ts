import { damaged } from '../asn1/damaged.js';
import { type Element, readElement } from '../asn1/element.js';
import { explicit, implicitOctets, objectIdentifier, octets, sequence } from '../asn1/fields.js';
import { type ReadBudget } from '../asn1/read-budget.js';
import { type Encryption, readEncryption } from '../pbe/encryption.js';
import { unsupported } from '../pbe/unsupported.js';
import { OID } from './oids.js';

/** One part of the AuthenticatedSafe: a list of bags, in the clear or under the password. */
export type Safe =
  | { readonly kind: 'plain'; readonly contents: Element }
  | { readonly kind: 'encrypted'; readonly encryption: Encryption; readonly ciphertext: Uint8Array };

/**
 * The parts of the AuthenticatedSafe (RFC 7292 §4.1).
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED for parts encrypted to a public key, ERR_SCHANNEL_IMPORT_DAMAGED
 */
export const readSafes = (authenticatedSafe: Uint8Array, budget: ReadBudget): Safe[] =>
  sequence(readElement(authenticatedSafe, budget), 'the list of parts').map((part) => readSafe(part, budget));

function readSafe(contentInfo: Element, budget: ReadBudget): Safe {
  const [type, content] = sequence(contentInfo, 'a part');
  const identifier = objectIdentifier(type, 'the kind of a part');
  switch (identifier) {
    case OID.data:
      return {
        kind: 'plain',
        contents: readElement(octets(explicit(content, 0, 'a part'), 'a part'), budget),
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
    throw damaged('an encrypted part of an unknown kind');
  }
  return {
    kind: 'encrypted',
    encryption: readEncryption(algorithm),
    ciphertext: implicitOctets(content, 0, 'encrypted content'),
  };
}
