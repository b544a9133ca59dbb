import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { argumentError } from '../../../base/errors/argument-error.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { LOCK_SYSTEM, type LockSystem, withLock } from '../../../base/files/lock.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import { objectOf } from '../http/json.js';
import { type ChallengeClient, checkedClient } from './client.js';
import { openPrivateFolder, requirePrivate } from '../challenge/private-folder.js';

/** More than that are an attack by registering. */
const MOST_CLIENTS = 10_000;

/**
 * Clients in a file of JSON, `{ "clients": […] }`, which is read again after each change. Several processes can change
 * it: the lock is in the folder of the file. It has no secrets, only their hashes.
 */
export class ChallengeClientFile {
  readonly #file: string;
  readonly #system: LockSystem;
  #known: { readonly version: string; readonly clients: ReadonlyMap<string, ChallengeClient> } | null = null;

  /** @param system for tests */
  constructor(file: string, system: LockSystem = LOCK_SYSTEM) {
    this.#file = path.resolve(file);
    this.#system = system;
  }

  /** All of them; none if there is no file. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async list(): Promise<readonly ChallengeClient[]> {
    return [...(await this.#read()).values()];
  }

  /** Null if there is none of this name. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async find(name: string): Promise<ChallengeClient | null> {
    return (await this.#read()).get(name) ?? null;
  }

  /** @throws TypeError ERR_INVALID_ARG_VALUE for a name that is taken, SchannelError ERR_SCHANNEL_ACME_STATE */
  async add(client: ChallengeClient): Promise<void> {
    const { name } = checkedClient(client);
    await this.#change((clients) => {
      if (clients.has(name))
        throw argumentError(
          'ERR_INVALID_ARG_VALUE',
          `There is a client ${name} already: remove it, or choose another name`,
        );
      if (clients.size >= MOST_CLIENTS)
        throw unusable(this.#file, `has ${MOST_CLIENTS} clients, which is the limit`);
      return new Map([...clients, [name, client]]);
    });
  }

  /** @returns whether there was one of this name @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async remove(name: string): Promise<boolean> {
    let wasThere = false;
    await this.#change((clients) => {
      wasThere = clients.has(name);
      return new Map([...clients].filter(([each]) => each !== name));
    });
    return wasThere;
  }

  async #change(
    change: (clients: ReadonlyMap<string, ChallengeClient>) => Map<string, ChallengeClient>,
  ): Promise<void> {
    const folder = path.dirname(this.#file);
    await openPrivateFolder(folder);
    const locked = (who: string, file: string): SchannelError =>
      unusable(this.#file, `is being changed by ${who}. If it is gone for certain, delete ${file}`);
    await withLock(
      folder,
      async () => {
        const clients = [...change(await this.#read()).values()];
        await writePrivateFile(this.#file, `${JSON.stringify({ clients }, null, 2)}\n`, { overwrite: true });
        this.#known = null;
      },
      { locked, system: this.#system },
    );
  }

  async #read(): Promise<ReadonlyMap<string, ChallengeClient>> {
    const version = await this.#version();
    if (version === null) return new Map();
    if (this.#known?.version === version) return this.#known.clients;
    await requirePrivate(path.dirname(this.#file));
    const clients = clientsIn(await readFile(this.#file, 'utf8'), this.#file);
    this.#known = { version, clients };
    return clients;
  }

  /** Changes with each change of the file; null if there is none. */
  async #version(): Promise<string | null> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#file, { bigint: true });
      return [ino, mtimeNs, size].join();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

function clientsIn(text: string, file: string): ReadonlyMap<string, ChallengeClient> {
  let clients: unknown;
  try {
    clients = objectOf(JSON.parse(text))?.['clients'];
  } catch (error) {
    throw unusable(file, 'is not JSON', error);
  }
  if (!Array.isArray(clients)) throw unusable(file, 'has no list of clients');
  const byName = new Map<string, ChallengeClient>();
  for (const client of clients as unknown[]) {
    let name;
    try {
      ({ name } = checkedClient(client));
    } catch (error) {
      throw unusable(file, `cannot be used: ${toError(error).message}`, error);
    }
    if (byName.has(name)) throw unusable(file, `has two clients ${name}`);
    byName.set(name, client as ChallengeClient);
  }
  return byName;
}

/** @param what completes "… /clients.json " */
const unusable = (file: string, what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `${file} ${what}`, {
    advice: 'Mend the file, or move it away and add the clients again.',
    ...(cause !== undefined && { cause }),
  });
