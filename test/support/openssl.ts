import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { skip } from './skip.js';

/** Skips the suite where there is no OpenSSL 3 to run: older ones know other options. */
export function needsOpenssl(context: Mocha.Context): void {
  const { stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  if (typeof stdout !== 'string' || !stdout.startsWith('OpenSSL 3')) skip(context, 'there is no OpenSSL 3');
}

/** Runs openssl in a separate folder. */
export class Openssl {
  #made: string | null = null;

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(path.join(this.#folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(path.join(this.#folder, name));
  }

  /** Where a file of the folder is, for another program. */
  pathOf(name: string): string {
    return path.join(this.#folder, name);
  }

  /** What it printed. @throws Error with its complaint when it fails */
  run(...args: readonly string[]): string {
    return this.runIn(this.#folder, ...args);
  }

  /** The same in another folder. */
  runIn(cwd: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('openssl', args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  remove(): void {
    if (this.#made !== null) rmSync(this.#made, { recursive: true });
    this.#made = null;
  }

  /** Made when it is needed: a suite that is skipped removes what it never had. */
  get #folder(): string {
    this.#made ??= mkdtempSync(path.join(tmpdir(), 'schannel-openssl-'));
    return this.#made;
  }
}
