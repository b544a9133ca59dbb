import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import type { InitOptions } from '#lib/apps/authority/init.js';
import { LOCK_SYSTEM, type LockSystem } from '#lib/base/files/lock.js';

/** Quick to make and to open. */
export const QUICK_KEY = {
  passphrase: 'secret',
  algorithm: 'ec',
  namedCurve: 'P-256',
  iterations: 1000,
} as const;

export const URL_OF_TESTS = 'http://pki.example/';

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

/** A system whose clock a test sets. It starts as now. */
export interface SetClock extends LockSystem {
  advance(milliseconds: number): void;
}

export const DAY_MS = 86_400_000;

export function setClock(): SetClock {
  let offset = 0;
  const clock = { ...LOCK_SYSTEM.clock, now: () => Date.now() + offset };
  return {
    ...LOCK_SYSTEM,
    clock,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}

/** Folders of authorities, which are removed at the end. */
export class AuthorityFolders {
  readonly #base = mkdtempSync(path.join(tmpdir(), 'schannel-ca-'));
  #count = 0;

  /** A folder that is not there yet. */
  next(): string {
    this.#count += 1;
    return path.join(this.#base, String(this.#count));
  }

  root(options: Partial<InitOptions> = {}, system?: LockSystem): Promise<CertificateAuthority> {
    const all = { subject: 'CN=Test Root', key: QUICK_KEY, url: URL_OF_TESTS, ...options };
    return CertificateAuthority.init(this.next(), all, system);
  }

  /** An authority below another one. */
  async issuing(
    root: CertificateAuthority,
    options: Partial<InitOptions> = {},
    system?: LockSystem,
  ): Promise<CertificateAuthority> {
    const authority = await this.root(
      { subject: 'CN=Test Issuing', template: 'issuing', ...options },
      system,
    );
    const { pem } = await root.issue((await authority.request()) ?? '', { template: 'issuing' });
    await authority.complete(pem + root.pem);
    return authority;
  }

  remove(): void {
    rmSync(this.#base, { recursive: true });
  }
}
