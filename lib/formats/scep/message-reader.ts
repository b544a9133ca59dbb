import { createDecipheriv, createHash, type KeyObject, verify } from 'node:crypto';
import { damagedFile } from '../asn1/damaged-file.js';
import { type Element, readElement } from '../asn1/element.js';
import { explicit, implicitOctets, objectIdentifier, octets, sequence, set, TAG } from '../asn1/fields.js';
import { ReadBudget } from '../asn1/read-budget.js';
import { wipe } from '../asn1/wipe.js';
import { CIPHERS, DIGESTS, OID } from './identifiers.js';

/** An answer whose signature was verified. */
export interface ScepAnswer {
  /** '0' success, '2' failure, '3' pending. */
  readonly status: string;
  /** '0' to '4'; null without one. */
  readonly failInfo: string | null;
  readonly transactionId: string;
  readonly recipientNonce: Uint8Array | null;
  /** The enveloped certificates; null without content. */
  readonly content: Uint8Array | null;
}

/** Everything is in DER, nested in OCTET STRINGs, and decoded at the cost of one budget. */
type Budget = ReadBudget;

/**
 * The answer of an authority (RFC 8894 §3.2.2).
 *
 * @param signers keys that may have signed it
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function readScepAnswer(
  bytes: Uint8Array,
  signers: readonly KeyObject[],
  budget: Budget = new ReadBudget(),
): ScepAnswer {
  const fields = contentOf(readElement(bytes, budget), OID.signedData, 'an answer of SCEP');
  const [, , encapsulated, ...rest] = fields;
  const [, wrapped] = sequence(encapsulated, 'the content of an answer');
  const content = wrapped === undefined ? null : octets(explicit(wrapped, 0, 'the content'), 'the content');
  const signerInfos = set(rest.at(-1), 'the signers of an answer');
  const [signerInfo] = signerInfos;
  if (signerInfos.length !== 1) throw damagedFile('more or less than one signer in an answer of SCEP');
  const parts = sequence(signerInfo, 'the signer of an answer');
  const attributes = parts.find(({ tag }) => tag === (TAG.context | 0));
  if (attributes === undefined) throw damagedFile('an answer of SCEP without signed attributes');
  checkSignature(parts, attributes, signers);
  const values = attributesOf(attributes);
  checkDigest(parts, values, content ?? Buffer.alloc(0));
  const text = (type: string): string | null => {
    const value = values.get(type);
    return value === undefined ? null : Buffer.from(value.content.subarray(0, 200)).toString('latin1');
  };
  const nonce = values.get(OID.recipientNonce);
  return {
    status: text(OID.pkiStatus) ?? '',
    failInfo: text(OID.failInfo),
    transactionId: text(OID.transactionId) ?? '',
    recipientNonce: nonce === undefined ? null : octets(nonce, 'a nonce'),
    content,
  };
}

function checkSignature(parts: readonly Element[], attributes: Element, signers: readonly KeyObject[]): void {
  const digest = digestOf(parts);
  // What is signed has the tag of a SET (RFC 5652 §5.4).
  const signed = Buffer.from(attributes.raw);
  signed[0] = 0x31;
  const signature = parts.find(({ tag }) => tag === TAG.octetString);
  const bytes = octets(signature, 'a signature');
  const isSigned = signers.some((key) => {
    try {
      return verify(digest, signed, key, bytes);
    } catch {
      return false;
    }
  });
  if (!isSigned) throw damagedFile('a signature of SCEP that no key of the authority verifies');
}

function digestOf(parts: readonly Element[]): string {
  const [, , algorithm] = parts;
  const [identifier] = sequence(algorithm, 'the digest of a signer');
  const name = DIGESTS.get(objectIdentifier(identifier, 'the digest of a signer'));
  if (name === undefined) throw damagedFile('an answer of SCEP with an unknown digest');
  return name;
}

/** The first value of each. */
function attributesOf({ children }: Element): ReadonlyMap<string, Element> {
  const values = new Map<string, Element>();
  for (const child of children) {
    const [type, list] = sequence(child, 'an attribute');
    const [value] = set(list, 'the values of an attribute');
    if (value !== undefined) values.set(objectIdentifier(type, 'an attribute'), value);
  }
  return values;
}

function checkDigest(
  parts: readonly Element[],
  values: ReadonlyMap<string, Element>,
  content: Uint8Array,
): void {
  const said = octets(values.get(OID.messageDigest), 'the digest of an answer');
  const real = createHash(digestOf(parts)).update(content).digest();
  if (!real.equals(said)) throw damagedFile('an answer of SCEP whose content was changed');
}

/** Something that was encrypted for an RSA key. */
export interface Enveloped {
  /** The key of the content, encrypted by PKCS #1. */
  readonly encryptedKey: Uint8Array;
  /** @returns the content @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED if the key is wrong */
  open(key: Uint8Array): Buffer;
}

/** @throws SchannelError as {@link readScepAnswer} */
export function readEnvelope(bytes: Uint8Array, budget: Budget = new ReadBudget()): Enveloped {
  const fields = contentOf(readElement(bytes, budget), OID.envelopedData, 'an envelope');
  const recipients = set(
    fields.find(({ tag }) => tag === TAG.set),
    'the recipients of an envelope',
  );
  if (recipients.length !== 1) throw damagedFile('an envelope for more or less than one recipient');
  const [, , , encryptedKey] = sequence(recipients[0], 'the recipient of an envelope');
  const [, algorithm, encrypted] = sequence(fields.at(-1), 'the content of an envelope');
  const [identifier, parameters] = sequence(algorithm, 'the cipher of an envelope');
  const cipher = CIPHERS.get(objectIdentifier(identifier, 'the cipher of an envelope'));
  if (cipher === undefined) throw damagedFile('an envelope with an unknown cipher');
  const iv = octets(parameters, 'the parameters of a cipher');
  const content = implicitOctets(encrypted, 0, 'the content of an envelope');
  return {
    encryptedKey: octets(encryptedKey, 'the key of an envelope'),
    open: (key) => {
      if (key.length !== cipher.keyLength) throw wrongKey();
      // Single DES is Triple DES with one key three times.
      const whole = cipher.keyLength === 8 ? Buffer.concat([key, key, key]) : Buffer.from(key);
      try {
        const decryption = createDecipheriv(cipher.name, whole, iv);
        return Buffer.concat([decryption.update(content), decryption.final()]);
      } catch (cause) {
        throw wrongKey(cause);
      } finally {
        wipe(whole);
      }
    },
  };
}

const wrongKey = (cause?: unknown): Error => damagedFile('an envelope that its key does not open', cause);

/** The fields of a ContentInfo of this type. */
function contentOf(element: Element, type: string, what: string): readonly Element[] {
  const [identifier, content] = sequence(element, what);
  if (objectIdentifier(identifier, what) !== type) throw damagedFile(`something else where ${what} belongs`);
  return sequence(explicit(content, 0, what), what);
}
