import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

/**
 * Builds PFX files with the habits of any program, and with habits of none. It shares nothing with the library: the
 * key derivation and RC2 are node-forge's.
 */

/** Properties of a test PFX. */
export interface PfxRecipe {
  readonly parts: readonly PartRecipe[];
  /** null is NULL: no bytes at all, not even the NUL at the end. Default 'secret'. */
  readonly password?: string | null;
  /** That of the MAC, where it is another. */
  readonly macPassword?: string;
  /** Default 'sha1'; null leaves the MAC out. */
  readonly mac?: 'sha1' | 'sha256' | 'pbmac1' | null;
  /** Default 2000. */
  readonly iterations?: number;
  /** What the file says they are, where that is not the truth. */
  readonly claimedIterations?: number;
  /** Indefinite lengths and strings in pieces, as writers of streams have them. Default false. */
  readonly indefinite?: boolean;
  /** Replaces the identifier of each encryption. */
  readonly algorithm?: string;
}

export interface PartRecipe {
  /** Default 'none'. */
  readonly encryption?: PartEncryption;
  readonly bags: readonly BagRecipe[];
}

export type PartEncryption = 'none' | 'rc2-40' | '3des' | 'aes256';

export interface BagRecipe {
  /** A certificate (DER) … */
  readonly certificate?: Uint8Array;
  /** … or a private key (PKCS #8) … */
  readonly key?: Uint8Array;
  /** … or bags within a bag. */
  readonly bags?: readonly BagRecipe[];
  /** Of the key; default 'none'. */
  readonly encryption?: PartEncryption;
  readonly friendlyName?: string;
  readonly localKeyId?: Uint8Array;
  readonly provider?: string;
  readonly machineKeyset?: boolean;
}

interface Forge {
  readonly pkcs12: {
    generateKey(
      password: string | null,
      salt: ForgeBuffer,
      purpose: number,
      iterations: number,
      length: number,
      digest: unknown,
    ): ForgeBuffer;
  };
  readonly rc2: {
    createEncryptionCipher(
      key: string,
      bits: number,
    ): { start(iv: string): void; update(input: ForgeBuffer): void; finish(): void; output: ForgeBuffer };
  };
  readonly md: Readonly<Record<'sha1' | 'sha256', { create(): unknown }>>;
  readonly util: { createBuffer(bytes: string): ForgeBuffer };
}

interface ForgeBuffer {
  getBytes(): string;
}

const forge = createRequire(__filename)('node-forge') as Forge;

export function buildPfx(recipe: PfxRecipe): Buffer {
  const writer = new Writer(recipe);
  const content = writer.sequence(...recipe.parts.map((part) => writer.part(part)));
  const mac = recipe.mac === null ? [] : [writer.mac(content)];
  return writer.sequence(Buffer.of(2, 1, 3), writer.data(content), ...mac);
}

/** A private key (PKCS #8) under the password of a recipe, by itself: EncryptedPrivateKeyInfo. */
export const encryptedKey = (
  key: Uint8Array,
  encryption: Exclude<PartEncryption, 'none'>,
  recipe: Omit<PfxRecipe, 'parts'>,
): Buffer => new Writer({ ...recipe, parts: [] }).encryptedKey(Buffer.from(key), encryption);

const OIDS = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  'rc2-40': '1.2.840.113549.1.12.1.6',
  '3des': '1.2.840.113549.1.12.1.3',
  aes256: '1.2.840.113549.1.5.13',
} as const;

class Writer {
  readonly #recipe: PfxRecipe;
  readonly #iterations: number;
  readonly #claimed: number;

  constructor(recipe: PfxRecipe) {
    this.#recipe = recipe;
    this.#iterations = recipe.iterations ?? 2000;
    this.#claimed = recipe.claimedIterations ?? this.#iterations;
  }

  sequence(...parts: readonly Uint8Array[]): Buffer {
    return this.#recipe.indefinite === true ? indefinite(0x30, parts) : element(0x30, ...parts);
  }

  data(content: Buffer): Buffer {
    return this.sequence(oid(OIDS.data), element(0xa0, this.#octets(0x04, content)));
  }

  part({ encryption = 'none', bags }: PartRecipe): Buffer {
    const contents = element(0x30, ...bags.map((bag) => this.#bag(bag)));
    if (encryption === 'none') return this.data(contents);
    const { algorithm, ciphertext } = this.#encrypt(encryption, contents);
    const info = this.sequence(oid(OIDS.data), algorithm, this.#octets(0x80, ciphertext));
    return this.sequence(oid(OIDS.encryptedData), element(0xa0, this.sequence(Buffer.of(2, 1, 0), info)));
  }

  mac(content: Buffer): Buffer {
    const { mac = 'sha1' } = this.#recipe;
    const iterations = this.#iterations;
    const salt = randomBytes(8);
    const number = integer(this.#claimed);
    if (mac === 'pbmac1' || mac === null) {
      const key = pbkdf2Sync(this.#recipe.password ?? '', salt, iterations, 32, 'sha256');
      const hmac = element(0x30, oid('1.2.840.113549.2.9'), element(5));
      const derivation = element(
        0x30,
        oid('1.2.840.113549.1.5.12'),
        element(0x30, element(4, salt), number, integer(32), hmac),
      );
      const algorithm = element(0x30, oid('1.2.840.113549.1.5.14'), element(0x30, derivation, hmac));
      const value = createHmac('sha256', key).update(content).digest();
      return element(0x30, element(0x30, algorithm, element(4, value)), element(4, salt));
    }
    const key = this.#derive(mac, salt, 3, iterations, mac === 'sha1' ? 20 : 32);
    const identifier = mac === 'sha1' ? '1.3.14.3.2.26' : '2.16.840.1.101.3.4.2.1';
    const value = createHmac(mac, key).update(content).digest();
    return element(
      0x30,
      element(0x30, element(0x30, oid(identifier), element(5)), element(4, value)),
      element(4, salt),
      number,
    );
  }

  #bag(bag: BagRecipe): Buffer {
    const attributes = attributesOf(bag);
    const set = attributes.length === 0 ? [] : [element(0x31, ...attributes)];
    const whole = (kind: string, value: Buffer): Buffer =>
      element(0x30, oid(`1.2.840.113549.1.12.10.1.${kind}`), element(0xa0, value), ...set);
    if (bag.bags !== undefined) {
      return whole('6', element(0x30, ...bag.bags.map((inner) => this.#bag(inner))));
    }
    if (bag.certificate !== undefined) {
      const value = element(0x30, oid('1.2.840.113549.1.9.22.1'), element(0xa0, element(4, bag.certificate)));
      return whole('3', value);
    }
    const key = Buffer.from(bag.key ?? []);
    if (bag.encryption === undefined || bag.encryption === 'none') return whole('1', key);
    return whole('2', this.encryptedKey(key, bag.encryption));
  }

  encryptedKey(key: Buffer, encryption: Exclude<PartEncryption, 'none'>): Buffer {
    const { algorithm, ciphertext } = this.#encrypt(encryption, key);
    return element(0x30, algorithm, element(4, ciphertext));
  }

  #octets(tag: number, bytes: Buffer): Buffer {
    if (this.#recipe.indefinite !== true) return element(tag, bytes);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 100) pieces.push(element(4, bytes.subarray(at, at + 100)));
    return indefinite(tag | 0x20, pieces);
  }

  #encrypt(
    encryption: Exclude<PartEncryption, 'none'>,
    plaintext: Buffer,
  ): { algorithm: Buffer; ciphertext: Buffer } {
    const salt = randomBytes(8);
    const iterations = this.#iterations;
    const identifier = oid(this.#recipe.algorithm ?? OIDS[encryption]);
    if (encryption === 'aes256') {
      const key = pbkdf2Sync(this.#recipe.password ?? '', salt, iterations, 32, 'sha256');
      const iv = randomBytes(16);
      const hmac = element(0x30, oid('1.2.840.113549.2.9'), element(5));
      const derivation = element(0x30, element(4, salt), integer(this.#claimed), hmac);
      const parameters = element(
        0x30,
        element(0x30, oid('1.2.840.113549.1.5.12'), derivation),
        element(0x30, oid('2.16.840.1.101.3.4.1.42'), element(4, iv)),
      );
      return {
        algorithm: element(0x30, identifier, parameters),
        ciphertext: encipher('aes-256-cbc', key, iv, plaintext),
      };
    }
    const iv = this.#derive('sha1', salt, 2, iterations, 8);
    const key = this.#derive('sha1', salt, 1, iterations, encryption === '3des' ? 24 : 5);
    return {
      algorithm: element(0x30, identifier, element(0x30, element(4, salt), integer(this.#claimed))),
      ciphertext:
        encryption === '3des'
          ? encipher('des-ede3-cbc', key, iv, plaintext)
          : encipherRc2(key, iv, plaintext),
    };
  }

  #derive(
    digest: 'sha1' | 'sha256',
    salt: Buffer,
    purpose: number,
    iterations: number,
    length: number,
  ): Buffer {
    const { password = 'secret', macPassword = password } = this.#recipe;
    const bytes = forge.util.createBuffer(salt.toString('latin1'));
    const key = forge.pkcs12.generateKey(
      purpose === 3 ? macPassword : password,
      bytes,
      purpose,
      iterations,
      length,
      forge.md[digest].create(),
    );
    return Buffer.from(key.getBytes(), 'latin1');
  }
}

function encipher(algorithm: string, key: Buffer, iv: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, iv);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

function encipherRc2(key: Buffer, iv: Buffer, plaintext: Buffer): Buffer {
  const cipher = forge.rc2.createEncryptionCipher(key.toString('latin1'), key.length * 8);
  cipher.start(iv.toString('latin1'));
  cipher.update(forge.util.createBuffer(plaintext.toString('latin1')));
  cipher.finish();
  return Buffer.from(cipher.output.getBytes(), 'latin1');
}

function attributesOf({ friendlyName, localKeyId, provider, machineKeyset }: BagRecipe): Buffer[] {
  const attribute = (identifier: string, ...values: Buffer[]): Buffer =>
    element(0x30, oid(identifier), element(0x31, ...values));
  const text = (value: string): Buffer => element(0x1e, Buffer.from(value, 'utf16le').swap16());
  return [
    ...(friendlyName === undefined ? [] : [attribute('1.2.840.113549.1.9.20', text(friendlyName))]),
    ...(localKeyId === undefined ? [] : [attribute('1.2.840.113549.1.9.21', element(4, localKeyId))]),
    ...(provider === undefined ? [] : [attribute('1.3.6.1.4.1.311.17.1', text(provider))]),
    ...(machineKeyset === true ? [attribute('1.3.6.1.4.1.311.17.2')] : []),
  ];
}

/** An element of DER. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = bytesOf(content.length);
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content]);
}

/** A number in as few bytes as it needs. */
function bytesOf(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** An element of BER that says its end by a mark. */
const indefinite = (tag: number, parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.of(0, 0)]);

function integer(value: number): Buffer {
  const bytes = bytesOf(value);
  return (bytes[0] ?? 0) < 0x80 ? element(2, bytes) : element(2, Buffer.of(0), bytes);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) {
      groups.unshift((high & 0x7f) | 0x80);
    }
    return groups;
  });
  return element(6, Buffer.from(bytes));
}
