import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MiB and about a tenth of a second for each guess (RFC 7914). */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 67_108_864 };
const HASH_BYTES = 32;

/** The digits stand for the costs: a later version can have others. */
const STORED = /^scrypt1:([\w-]{22}):([\w-]{43})$/;

export const isSecretHash = (text: unknown): text is string => typeof text === 'string' && STORED.test(text);

/** The secret of a client. */
export interface NewSecret {
  /** 240 random bits. Only the client keeps it. */
  readonly secret: string;
  /** What the server keeps (scrypt, RFC 7914). */
  readonly hash: string;
}

/** Makes the secret of a new client. @param hashOf another hash in tests, since this one takes long */
export async function newChallengeSecret(hashOf: SecretHash = scryptHash): Promise<NewSecret> {
  // As long as the keys of acme-dns.
  const secret = randomBytes(30).toString('base64url');
  const salt = randomBytes(16);
  const hash = await hashOf(secret, salt);
  return { secret, hash: `scrypt1:${salt.toString('base64url')}:${hash.toString('base64url')}` };
}

/** Makes 32 bytes of a secret and a salt. */
export type SecretHash = (secret: string, salt: Buffer) => Promise<Buffer>;

export const scryptHash: SecretHash = (secret, salt) =>
  new Promise((resolve, reject) => {
    scrypt(secret, salt, HASH_BYTES, COST, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });

/** Compared with the secrets of clients that are not there. */
const NOBODY = { salt: Buffer.alloc(16), hash: Buffer.alloc(HASH_BYTES) };

/** Secrets that are remembered as right. */
const MOST_KNOWN = 10_000;

/**
 * Checks secrets. A client that is not there costs the same as one whose secret is wrong. A secret that was right is
 * remembered by a keyed hash, since a client asks several times for each certificate.
 */
export class SecretChecker {
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Buffer>();
  readonly #hash: SecretHash;

  /** @param hash another one in tests, which count the calls */
  constructor(hash: SecretHash = scryptHash) {
    this.#hash = hash;
  }

  /** Whether it was right before. It costs nothing. */
  isKnown(stored: string, secret: string): boolean {
    const known = this.#known.get(stored);
    return known !== undefined && timingSafeEqual(known, this.#keyed(secret));
  }

  /** @param stored null for a client that is not there */
  async isRight(stored: string | null, secret: string): Promise<boolean> {
    const [, salt, hash] = STORED.exec(stored ?? '') ?? [];
    const { salt: useSalt, hash: expected } =
      salt === undefined || hash === undefined
        ? NOBODY
        : { salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
    const isEqual = timingSafeEqual(await this.#hash(secret, useSalt), expected);
    if (stored === null || expected === NOBODY.hash || !isEqual) return false;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(stored, this.#keyed(secret));
    return true;
  }

  readonly #keyed = (secret: string): Buffer => createHmac('sha256', this.#key).update(secret).digest();
}
