import { type Element } from '../asn1/element.js';
import { bmpString, explicit, objectIdentifier, octets, sequence, set } from '../asn1/fields.js';
import { SchannelError } from '../errors/schannel-error.js';
import { copyOfPkcs8, type EncryptedKey, readEncryptedKey } from '../pem/pkcs8.js';
import { OID } from './oids.js';

/** What the bags of a PFX say about what they hold. */
export interface BagAttributes {
  readonly friendlyName: string | null;
  /** Ties a key to its certificate, by the word of who made the file; hexadecimal. */
  readonly localKeyId: string | null;
  /** Windows' provider of the key. */
  readonly provider: string | null;
  /** Whether Windows had the key in the machine's area. */
  readonly machineKeyset: boolean;
}

export type Bag =
  | { readonly kind: 'key'; readonly privateKey: Buffer; readonly attributes: BagAttributes }
  | { readonly kind: 'encrypted-key'; readonly key: EncryptedKey; readonly attributes: BagAttributes }
  | { readonly kind: 'certificate'; readonly der: Buffer; readonly attributes: BagAttributes };

/** Reads bags, and counts them over the whole file. */
export class BagReader {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The keys and certificates of a SafeContents (RFC 7292 §4.2), those of nested ones included. Revocation lists,
   * secrets and bags of unknown kinds are left out.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS, ERR_SCHANNEL_IMPORT_DAMAGED
   */
  read(safeContents: Element): Bag[] {
    return sequence(safeContents, 'a list of bags').flatMap((bag) => this.#readBag(bag));
  }

  #readBag(bag: Element): Bag[] {
    this.#count += 1;
    if (this.#count > this.#limit) {
      throw new SchannelError(
        'ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS',
        `The file holds more than the ${this.#limit} keys and certificates allowed`,
        { advice: 'If the file is yours, split it, or raise the limit.' },
      );
    }
    const [kind, value, attributesField] = sequence(bag, 'a bag');
    const content = (): Element => explicit(value, 0, 'the content of a bag');
    switch (objectIdentifier(kind, 'the kind of a bag')) {
      case OID.safeContentsBag:
        return this.read(content());
      case OID.keyBag:
        return [
          { kind: 'key', privateKey: copyOfPkcs8(content()), attributes: readAttributes(attributesField) },
        ];
      case OID.shroudedKeyBag:
        return [
          {
            kind: 'encrypted-key',
            key: readEncryptedKey(content()),
            attributes: readAttributes(attributesField),
          },
        ];
      case OID.certificateBag:
        return readCertificate(content(), attributesField);
      default:
        return [];
    }
  }
}

function readCertificate(content: Element, attributes: Element | undefined): Bag[] {
  const [kind, value] = sequence(content, 'a certificate');
  if (objectIdentifier(kind, 'the kind of a certificate') !== OID.x509Certificate) return [];
  const der = Buffer.from(octets(explicit(value, 0, 'a certificate'), 'a certificate'));
  return [{ kind: 'certificate', der, attributes: readAttributes(attributes) }];
}

function readAttributes(field: Element | undefined): BagAttributes {
  const values = new Map(field === undefined ? [] : set(field, 'the attributes of a bag').map(readAttribute));
  const text = (identifier: string): string | null => {
    const value = values.get(identifier);
    return value === undefined ? null : bmpString(value, 'a name');
  };
  const localKeyId = values.get(OID.localKeyId);
  return {
    friendlyName: text(OID.friendlyName),
    localKeyId:
      localKeyId === undefined
        ? null
        : Buffer.from(octets(localKeyId, 'the identifier of a key')).toString('hex'),
    provider: text(OID.provider),
    machineKeyset: values.has(OID.machineKeyset),
  };
}

/** Its identifier and its first value: none of those that matter here has more. */
function readAttribute(attribute: Element): [string, Element | undefined] {
  const [type, values] = sequence(attribute, 'an attribute');
  return [objectIdentifier(type, 'an attribute'), set(values, 'the values of an attribute')[0]];
}
