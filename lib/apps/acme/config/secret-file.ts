import path from 'node:path';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { wipe } from '../../../formats/asn1/wipe.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import { protectSecret, unprotectSecret } from '../../../windows/secret/index.js';
import { isProtectedSecret, type ProtectedSecret } from '../../../windows/secret/secrets.js';
import { type JsonObject, objectOf } from '../http/json.js';
import { readIfThere } from '../manager/state-folder.js';
import { isSecretName, type SecretName, type SecretSource } from './manager-options.js';

/** How secrets are encrypted. */
export interface SecretProtection {
  readonly protect: (secret: string) => Promise<ProtectedSecret>;
  /** @returns bytes that the caller zeroes */
  readonly unprotect: (secret: ProtectedSecret) => Promise<Uint8Array>;
}

/** For SYSTEM, the administrators and this user: a task of SYSTEM needs what an administrator has entered. */
const windowsProtection = (state: string): SecretProtection => {
  const entropyFile = path.join(state, 'entropy');
  return {
    protect: (secret) => protectSecret(secret, { entropyFile, scope: 'machine' }),
    unprotect: (secret) => unprotectSecret(secret, { entropyFile }),
  };
};

/** The secrets of a state folder, encrypted by Windows. */
export class SecretFile {
  readonly path: string;
  readonly #protection: SecretProtection;

  constructor(state: string, protection: SecretProtection = windowsProtection(state)) {
    this.path = path.join(state, 'secrets.json');
    this.#protection = protection;
  }

  /** The names of those that there are. @throws SchannelError ERR_SCHANNEL_ACME_CONFIG, ERR_SCHANNEL_ACME_STATE */
  async names(): Promise<readonly SecretName[]> {
    return [...(await this.#read()).keys()];
  }

  /**
   * All of them, decrypted.
   *
   * @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN for one of another machine or another user;
   *   ERR_SCHANNEL_ACME_CONFIG, ERR_SCHANNEL_ACME_STATE
   */
  async open(): Promise<SecretSource> {
    const found = new Map<SecretName, string>();
    for (const [name, secret] of await this.#read()) {
      const bytes = await this.#protection.unprotect(secret);
      found.set(name, Buffer.from(bytes).toString());
      wipe(bytes);
    }
    return (name) => found.get(name);
  }

  /** @throws as {@link protectSecret}; Error of node:fs */
  async set(name: SecretName, secret: string): Promise<void> {
    const all = await this.#read();
    await this.#write(all.set(name, await this.#protection.protect(secret)));
  }

  /** @returns whether there was one */
  async remove(name: SecretName): Promise<boolean> {
    const all = await this.#read();
    const isThere = all.delete(name);
    if (isThere) await this.#write(all);
    return isThere;
  }

  async #read(): Promise<Map<SecretName, ProtectedSecret>> {
    const text = await readIfThere(this.path);
    const all = new Map<SecretName, ProtectedSecret>();
    if (text === null) return all;
    for (const [name, secret] of Object.entries(this.#membersOf(text))) {
      if (!isSecretName(name) || !isProtectedSecret(secret)) throw wrong(this.path);
      all.set(name, secret);
    }
    return all;
  }

  #membersOf(text: string): JsonObject {
    let members;
    try {
      members = objectOf(JSON.parse(text));
    } catch {
      // Reported below.
    }
    if (members == null) throw wrong(this.path);
    return members;
  }

  async #write(all: ReadonlyMap<SecretName, ProtectedSecret>): Promise<void> {
    const text = `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`;
    await writePrivateFile(this.path, text, { overwrite: true, readers: 'folder' });
  }
}

const wrong = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_CONFIG', `${file} is damaged`, {
    advice: 'Remove it, and enter the secrets again: "schannel acme secret set".',
  });
