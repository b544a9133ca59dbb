import { type Element } from '../asn1/element.js';
import { bmpString, explicit, objectIdentifier, octets, sequence, set } from '../asn1/fields.js';
import { together, type Work } from '../pbe/limits.js';
import { tooManyItems } from '../x509/bundle.js';
import { pkcs8In, type EncryptedKey, readEncryptedKey } from '../private-key/pkcs8.js';
import { KEY_WORK } from '../private-key/private-key.js';
import { certificateWork } from '../x509/work.js';
import { OID } from './oids.js';

/** The attributes of the bags of a PFX. */
export interface BagAttributes {
  readonly friendlyName: string | null;
  /** Links a key to its certificate, as the file's creator says; hexadecimal. */
  readonly localKeyId: string | null;
  /** Windows' provider of the key. */
  readonly provider: string | null;
  /** Whether the key belonged to the machine in Windows. */
  readonly machineKeyset: boolean;
}

export type Bag = (
  | { readonly kind: 'key'; readonly privateKey: Buffer }
  | { readonly kind: 'encrypted-key'; readonly key: EncryptedKey }
  | { readonly kind: 'certificate'; readonly der: Buffer }
) & {
  readonly attributes: BagAttributes;
  /** What reading it costs with one form of the password. */
  readonly work: Work;
};

/** Reads bags, and counts them over the whole file. */
export class BagReader {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The keys and certificates of a SafeContents (RFC 7292 §4.2) and of nested ones. Revocation lists, secrets and bags
   * of unknown types are left out.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS, ERR_SCHANNEL_IMPORT_DAMAGED
   */
  read(safeContents: Element): Bag[] {
    return sequence(safeContents, 'a list of bags').flatMap((bag) => this.#readBag(bag));
  }

  #readBag(bag: Element): Bag[] {
    this.#count += 1;
    if (this.#count > this.#limit) throw tooManyItems(this.#limit);
    const [kind, value, attributesField] = sequence(bag, 'a bag');
    const content = (): Element => explicit(value, 0, 'the content of a bag');
    switch (objectIdentifier(kind, 'the kind of a bag')) {
      case OID.safeContentsBag:
        return this.read(content());
      case OID.keyBag:
        return [readKey(content(), attributesField)];
      case OID.shroudedKeyBag:
        return [readShroudedKey(content(), attributesField)];
      case OID.certificateBag:
        return readCertificate(content(), attributesField);
      default:
        return [];
    }
  }
}

const readKey = (content: Element, attributes: Element | undefined): Bag => ({
  kind: 'key',
  privateKey: pkcs8In(content),
  attributes: readAttributes(attributes),
  work: KEY_WORK,
});

function readShroudedKey(content: Element, attributes: Element | undefined): Bag {
  const key = readEncryptedKey(content);
  return {
    kind: 'encrypted-key',
    key,
    attributes: readAttributes(attributes),
    work: together(key.work, KEY_WORK),
  };
}

function readCertificate(content: Element, attributes: Element | undefined): Bag[] {
  const [kind, value] = sequence(content, 'a certificate');
  if (objectIdentifier(kind, 'the kind of a certificate') !== OID.x509Certificate) return [];
  const der = Buffer.from(octets(explicit(value, 0, 'a certificate'), 'a certificate'));
  return [{ kind: 'certificate', der, attributes: readAttributes(attributes), work: certificateWork(der) }];
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

/** Its identifier and its first value: the attributes that are used here have only one. */
function readAttribute(attribute: Element): [string, Element | undefined] {
  const [type, values] = sequence(attribute, 'an attribute');
  return [objectIdentifier(type, 'an attribute'), set(values, 'the values of an attribute')[0]];
}
