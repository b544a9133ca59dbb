import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreatedRequest } from 'schannel/pki';
import { openStore } from 'schannel/store';
import { OpensslAuthority } from './openssl-authority.js';
import { OwnRequests } from './own-requests.js';
import { needsPeer } from './peers.js';

/** Requests that OpenSSL signs into files. */
export interface SignedRequests {
  /**
   * A new request, and the file that the authority gave for it.
   *
   * @param friendlyName default none
   */
  next(friendlyName?: string): Promise<{ readonly created: CreatedRequest; readonly file: string }>;
}

/** Sets up the suite that calls it: it has an authority and a folder, and each test leaves the stores as they were. */
export function signedRequests(): SignedRequests {
  const id = randomUUID();
  const own = new OwnRequests(id);
  const folder = mkdtempSync(path.join(tmpdir(), 'schannel-signed-'));
  let authority: OpensslAuthority;
  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
  });
  afterEach(() => own.remove());
  after(() => rmSync(folder, { recursive: true }));

  return {
    async next(friendlyName) {
      const created = await own.create({ dns: [`${id}.example`], friendlyName });
      const file = path.join(folder, `${created.reference.slice(-40)}.p7b`);
      const { cert } = authority.issuing.certificate;
      writeFileSync(file, await authority.bundle(await authority.sign(created.request.pem), cert));
      return { created, file };
    },
  };
}

/** Whether a store of the user has the certificate. */
export async function isInStore(name: string, thumbprint: string): Promise<boolean> {
  using store = await openStore(name);
  return (await store.find({ thumbprint })).length > 0;
}
