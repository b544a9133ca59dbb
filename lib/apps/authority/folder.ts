import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printableList } from '../../base/text/printable.js';
import {
  createPrivateFolder,
  type Strangers,
  strangersIn,
} from '../../windows/import-export/folder-rights.js';
import { writePrivateFile } from '../../windows/import-export/write-file.js';

/** The files of an authority. */
export class AuthorityFolder {
  readonly path: string;

  constructor(folder: string) {
    this.path = path.resolve(folder);
  }

  get log(): string {
    return path.join(this.path, 'log.jsonl');
  }

  /** The log while the authority begins. What has only this one was never finished. */
  get unfinishedLog(): string {
    return path.join(this.path, 'log.unfinished');
  }

  /** Its certificate and its issuers, PEM. */
  get chain(): string {
    return path.join(this.path, 'ca.pem');
  }

  /** The request for its certificate, PEM. */
  get request(): string {
    return path.join(this.path, 'ca.csr');
  }

  /** Its private key, if it is kept in a file of the folder. */
  get key(): string {
    return path.join(this.path, 'ca.key');
  }

  certificate(serialNumber: string): string {
    return path.join(this.path, 'certificates', `${serialNumber}.pem`);
  }

  template(name: string): string {
    return path.join(this.path, 'templates', `${name}.json`);
  }

  /** Of the files with templates, in the order of the alphabet. */
  async templateNames(): Promise<string[]> {
    // Empty folders get lost in a copy by git.
    const folder = path.join(this.path, 'templates');
    const files = existsSync(folder) ? await readdir(folder) : [];
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  }

  list(name: string): string {
    return path.join(this.path, 'crl', `${name}.crl`);
  }

  /** @throws SchannelError ERR_SCHANNEL_CA_EXISTS if there is something in it */
  async create(): Promise<void> {
    await createPrivateFolder(this.path);
    if (await this.isUnfinished()) throw unfinishedAuthority('ERR_SCHANNEL_CA_EXISTS', this.path);
    if ((await readdir(this.path)).length > 0) {
      throw new SchannelError('ERR_SCHANNEL_CA_EXISTS', `The folder ${this.path} is not empty`, {
        advice: 'Choose another folder for the authority.',
      });
    }
    await this.requirePrivate();
    for (const name of ['certificates', 'crl', 'templates']) {
      await mkdir(path.join(this.path, name), { mode: 0o700 });
    }
  }

  /**
   * Who could change its log or its templates although they should not. Null for nobody.
   */
  async strangers(): Promise<Strangers | null> {
    const ofFolder = await strangersIn(this.path, 'folder');
    return ofFolder ?? (existsSync(this.log) ? strangersIn(this.log, 'file') : null);
  }

  /** @throws SchannelError ERR_SCHANNEL_CA_FOLDER_OPEN if others can write to it */
  async requirePrivate(): Promise<void> {
    const strangers = await this.strangers();
    if (strangers === null) return;
    throw new SchannelError(
      'ERR_SCHANNEL_CA_FOLDER_OPEN',
      `Others can write to the folder of the authority, ${this.path}: ${printableList(strangers.names)}`,
      { advice: `Take that right away: ${strangers.remedy}` },
    );
  }

  /** Writes a file completely or not at all, and replaces an older one. */
  write(file: string, content: string | Uint8Array): Promise<void> {
    return writePrivateFile(file, content, { overwrite: true });
  }

  /** The same for a file without secrets that other programs read, such as a web server. */
  writePublic(file: string, content: Uint8Array): Promise<void> {
    return writePrivateFile(file, content, { overwrite: true, readers: 'folder' });
  }

  /**
   * Writes a file that must not be there yet: it may be the key of another authority.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_EXISTS
   */
  async writeNew(file: string, content: string): Promise<void> {
    await writePrivateFile(file, content).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
      throw new SchannelError('ERR_SCHANNEL_CA_EXISTS', `The file ${file} exists already`, {
        advice: 'Choose another file for the key of the authority. Nothing was replaced.',
      });
    });
  }

  /** Whether a process was killed, or is still at work, before the authority had its log. */
  async isUnfinished(): Promise<boolean> {
    return (await this.read(this.unfinishedLog)) !== null && (await this.read(this.log)) === null;
  }

  /** Removes everything in it: an authority that could not begin. */
  async empty(): Promise<void> {
    for (const name of await readdir(this.path)) {
      await rm(path.join(this.path, name), { recursive: true, force: true });
    }
  }

  /** Null if there is no such file. */
  async read(file: string): Promise<Buffer | null> {
    try {
      return await readFile(file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }
}

/** What is left of a process that was killed while it created or imported an authority. */
export const unfinishedAuthority = (
  code: 'ERR_SCHANNEL_CA_EXISTS' | 'ERR_SCHANNEL_CA_NOT_FOUND',
  folder: string,
): SchannelError =>
  new SchannelError(
    code,
    `The authority in ${folder} was never finished: its creation or import was interrupted`,
    { advice: 'If no other process is creating it now, delete the folder and begin again.' },
  );

export const noAuthority = (folder: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_NOT_FOUND', `There is no authority in ${folder}`, {
    advice: 'Check the folder, or create an authority with `schannel ca init`.',
    ...(cause !== undefined && { cause }),
  });
