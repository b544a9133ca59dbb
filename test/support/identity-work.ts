import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { duplexPair } from 'node:stream';
import { writePfx } from '#lib/formats/pfx/write.js';
import { temporaryIdentities } from '#lib/windows/temporary-identity/temporary-identities.js';
import { writePrivateFile } from '#lib/windows/import-export/write-file.js';
import { connect, releaseUnusedResources } from 'schannel';
import { importPfx, openStore } from 'schannel/store';
import { derOf } from './key-material.js';
import { materialOf, type MaterialText } from './material-text.js';
import { numbersFrom } from './mutations.js';

/** What {@link IdentityWork} works with; another process can be given it. */
export interface WorkMaterial {
  /** For leases and connections, shared by all processes. */
  readonly shared: MaterialText;
  /** A key that only CNG takes; null where CNG keeps no keys. */
  readonly modern: MaterialText | null;
  /** For imports that stay: another one for each process, which removes it again. */
  readonly own: MaterialText;
  /** Where files are written. */
  readonly folder: string;
  readonly seed: number;
}

/** What can be done with an identity. */
export const WORKS = ['lease', 'connection', 'import', 'file'] as const;
export type Work = (typeof WORKS)[number];

const PASSWORD = 'endurance';

/** Puts identities into Windows in every way, and removes each again. */
export class IdentityWork {
  readonly #material: WorkMaterial;
  readonly #below: (limit: number) => number;
  #count = 0;

  constructor(material: WorkMaterial) {
    this.#material = material;
    this.#below = numbersFrom(material.seed);
  }

  /** One piece of work, of a kind that the seed decides. @returns what it was */
  async step(): Promise<Work> {
    const number = this.#below(20);
    const work = number < 10 ? 'lease' : number < 14 ? 'connection' : number < 18 ? 'import' : 'file';
    this.#count += 1;
    await this[work]();
    return work;
  }

  /** Two keys at once, with the issuers in the store. */
  async lease(): Promise<void> {
    const { shared, modern } = this.#material;
    await Promise.all(
      [shared, modern ?? shared].map(async (text, at) => {
        const lease = await temporaryIdentities().lease(materialOf(text, `${this.#count} ${at}`));
        if (lease.resource.unpublished !== null) throw lease.resource.unpublished;
        await lease.release();
      }),
    );
  }

  /** A client with a PFX, up to its first message. */
  async connection(): Promise<void> {
    const [near, far] = duplexPair();
    const socket = connect({
      ...{ socket: near, servername: 'localhost' },
      pfx: pfxOf(this.#material.shared),
      passphrase: PASSWORD,
    }).on('error', () => undefined);
    await once(far, 'readable');
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    await releaseUnusedResources();
  }

  /** An import that stays, until it is removed with its key. What one that was killed has left is taken along. */
  async import(): Promise<void> {
    using result = await importPfx(pfxOf(this.#material.own), { password: PASSWORD });
    for (const { certificate, role, store: name } of result.placements) {
      using store = await openStore(name);
      const found = await store.find({ thumbprint: certificate.thumbprint256 });
      for (const each of found) {
        await store.remove(each, { withKey: role === 'identity' }).catch(unlessHidden);
      }
    }
  }

  /** A file with a key that nobody else can read. */
  async file(): Promise<void> {
    const { folder, shared } = this.#material;
    await writePrivateFile(path.join(folder, 'key.pem'), shared.key.repeat(20), { overwrite: true });
  }
}

/** Wine hides entries while another process writes the store. The next import takes what stays then along. */
function unlessHidden(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND') throw error;
}

const pfxOf = ({ key, certificates }: MaterialText): Buffer =>
  writePfx({
    key: createPrivateKey(key),
    certificates: certificates.map(derOf),
    password: PASSWORD,
    iterations: 1,
  });
