import {
  constants,
  createCipheriv,
  createHash,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {
  objectIdentifier,
  integer,
  nothing,
  octetString,
  sequence,
  setOf,
  tagged,
  implicitOctets,
} from '#lib/formats/asn1/der-writer.js';
import { readElement } from '#lib/formats/asn1/element.js';
import type { ScepKey } from '#lib/apps/enrol/scep.js';
import { OID } from '#lib/formats/scep/identifiers.js';
import { certsOnly } from '#lib/formats/est/est-message.js';
import { signSelf } from '#lib/formats/x509/certificate-writer.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { type MemorySigner, signerOf } from './memory-signer.js';

/** A key in memory that decrypts as one of Windows does. Node refuses PKCS #1 for private keys where OpenSSL is old. */
export interface MemoryScepKey extends MemorySigner, ScepKey {}

export function scepKey(): MemoryScepKey {
  const signer = signerOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
  return {
    ...signer,
    decrypt: (data) => {
      const block = privateDecrypt({ key: signer.privateKey, padding: constants.RSA_NO_PADDING }, data);
      return Promise.resolve(block.subarray(block.indexOf(0, 2) + 1));
    },
  };
}

/** How an answer differs from a good one. */
export interface AnswerFaults {
  readonly status?: string;
  readonly failInfo?: string;
  readonly nonce?: Uint8Array;
  readonly transactionId?: string;
  /** Signs instead of the authority. */
  readonly signer?: MemorySigner;
  /** Identifier of the cipher of the content. */
  readonly cipher?: string;
  /** Changed after the digest was taken. */
  readonly content?: Uint8Array;
  readonly signers?: number;
}

const ascii = (tag: number, text: string): Buffer => {
  const bytes = octetString(Buffer.from(text));
  bytes[0] = tag;
  return bytes;
};

const wrap = (type: string, content: Buffer): Buffer => sequence(objectIdentifier(type), tagged(0, content));

/** An authority that is played. It answers with whatever certificates it is given. */
export class ScepAuthority {
  readonly key = scepKey();
  certificate: Buffer = Buffer.alloc(0);

  async make(): Promise<this> {
    const day = 86_400_000;
    this.certificate = await signSelf(
      {
        subject: commonName('Played CA'),
        isAuthority: true,
        notBefore: new Date(Date.now() - day),
        notAfter: new Date(Date.now() + day),
      },
      this.key,
    );
    return this;
  }

  /** The attributes of a message by identifier, as they are. */
  static attributes(message: Uint8Array): Map<string, Uint8Array> {
    const values = new Map<string, Uint8Array>();
    const visit = (element: ReturnType<typeof readElement>): void => {
      const [type, list] = element.children;
      for (const name of [OID.transactionId, OID.senderNonce, OID.messageType]) {
        const value = list?.children[0];
        if (value !== undefined && type !== undefined && objectIdentifier(name).equals(type.raw)) {
          values.set(name, value.content);
        }
      }
      element.children.forEach(visit);
    };
    visit(readElement(message));
    return values;
  }

  /** @param for_ the key that the certificates are encrypted for */
  async answer(
    message: Uint8Array,
    for_: MemorySigner,
    certificates: readonly Uint8Array[],
    faults: AnswerFaults = {},
  ): Promise<Buffer> {
    const asked = ScepAuthority.attributes(message);
    const { status = '0', failInfo, signer = this.key, signers = 1 } = faults;
    const inner =
      status === '0' ? this.#envelope(certsOnly(certificates), for_, faults.cipher) : Buffer.alloc(0);
    const list = [
      [OID.contentType, objectIdentifier(OID.data)],
      [OID.messageDigest, octetString(createHash('sha256').update(inner).digest())],
      [OID.messageType, ascii(0x13, '3')],
      [OID.pkiStatus, ascii(0x13, status)],
      ...(failInfo === undefined ? [] : [[OID.failInfo, ascii(0x13, failInfo)] as const]),
      [
        OID.transactionId,
        ascii(0x13, faults.transactionId ?? Buffer.from(asked.get(OID.transactionId) ?? []).toString()),
      ],
      [OID.recipientNonce, octetString(faults.nonce ?? asked.get(OID.senderNonce) ?? Buffer.alloc(0))],
    ] as const;
    const attributes = setOf(...list.map(([type, value]) => sequence(objectIdentifier(type), setOf(value))));
    const implicit = Buffer.from(attributes);
    implicit[0] = 0xa0;
    const sha256 = sequence(objectIdentifier(OID.sha256), nothing());
    const info = sequence(
      integer(1),
      sequence(sequence(), integer(1)),
      sha256,
      implicit,
      sequence(objectIdentifier(OID.rsaEncryption), nothing()),
      octetString(await signer.sign('sha256', attributes)),
    );
    const content = faults.content ?? inner;
    const encapsulated =
      content.length === 0
        ? sequence(objectIdentifier(OID.data))
        : sequence(objectIdentifier(OID.data), tagged(0, octetString(content)));
    return wrap(
      OID.signedData,
      sequence(
        integer(1),
        setOf(sha256),
        encapsulated,
        setOf(...Array.from({ length: signers }, () => info)),
      ),
    );
  }

  #envelope(content: Buffer, { publicKey }: MemorySigner, cipher: string = OID.aes128Cbc): Buffer {
    const key = randomBytes(16);
    const iv = randomBytes(16);
    const encryption = createCipheriv('aes-128-cbc', key, iv);
    const encrypted = Buffer.concat([encryption.update(content), encryption.final()]);
    const forKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
    return wrap(
      OID.envelopedData,
      sequence(
        integer(0),
        setOf(
          sequence(
            integer(0),
            sequence(sequence(), integer(1)),
            sequence(objectIdentifier(OID.rsaEncryption), nothing()),
            octetString(forKey),
          ),
        ),
        sequence(
          objectIdentifier(OID.data),
          sequence(objectIdentifier(cipher), octetString(iv)),
          implicitOctets(0, encrypted),
        ),
      ),
    );
  }
}
