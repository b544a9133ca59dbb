import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PATIENCE } from './patience.js';
import { skip } from './skip.js';

/** Skips the suite where strongSwan's program for certificates is missing. Other packages have a `pki` too. */
export function needsStrongswan(context: Mocha.Context): void {
  const { stdout, stderr } = spawnSync('pki', ['--est', '--help'], { encoding: 'utf8' });
  if (!`${stdout}${stderr}`.includes('EST server')) {
    skip(
      context,
      "strongSwan's pki with EST (packages strongswan-pki, libstrongswan-standard-plugins) is missing",
    );
  }
}

/** Runs strongSwan's pki in a separate folder. */
export class Strongswan {
  #made: string | null = null;

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(path.join(this.#folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(path.join(this.#folder, name));
  }

  /** What it printed: a key, a request or a certificate. Rejects with its complaint when it fails. */
  run(...args: readonly string[]): Promise<Buffer> {
    const options = { cwd: this.#folder, encoding: 'buffer', timeout: PATIENCE } as const;
    return new Promise((resolve, reject) => {
      execFile('pki', [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`pki ${args.join(' ')}: ${stderr.toString()}`, { cause: error }));
      });
    });
  }

  remove(): void {
    if (this.#made !== null) rmSync(this.#made, { recursive: true });
    this.#made = null;
  }

  /** Made when it is needed: a suite that is skipped removes what it never had. */
  get #folder(): string {
    this.#made ??= mkdtempSync(path.join(tmpdir(), 'schannel-strongswan-'));
    return this.#made;
  }
}
