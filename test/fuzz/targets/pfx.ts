import assert from 'node:assert/strict';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { sharedRoot } from '../../support/certificates.js';
import { derOf } from '../../support/key-material.js';
import { buildPfx } from '../../support/pfx-builder.js';
import { withinWork } from '../../support/work.js';
import { codes, outcomeOf, valueOf } from '../outcome.js';

export const what = 'a PFX, with its password';
export const longest = 4096;

const PASSWORD = 'secret';

export async function seeds(): Promise<readonly Uint8Array[]> {
  const root = await sharedRoot();
  const leaf = await root.issue({ subject: 'CN=a' });
  const certificate = { certificate: leaf.der };
  const key = { key: derOf(leaf.key), friendlyName: 'name' };
  const build = (recipe: Partial<Parameters<typeof buildPfx>[0]>): Buffer =>
    buildPfx({ parts: [{ bags: [certificate, key] }], iterations: 1, mac: null, ...recipe });
  return [
    build({}),
    build({ parts: [{ bags: [certificate, { ...key, encryption: '3des' }] }] }),
    build({ parts: [{ encryption: '3des', bags: [certificate] }, { bags: [{ bags: [key] }] }] }),
    build({ parts: [{ encryption: 'rc2-40', bags: [certificate] }] }),
    build({ parts: [{ encryption: 'aes256', bags: [certificate, { ...key, encryption: 'aes256' }] }] }),
    build({ mac: 'sha1' }),
    build({ mac: 'sha256' }),
  ];
}

/** It is read within the work allowed, or refused by a code; and what was read can be written and read again. */
export function fuzz(data: Buffer): void {
  const read = (bytes: Uint8Array): ReturnType<typeof parsePfx> | null =>
    valueOf(
      outcomeOf(
        () => withinWork('a PFX', (budget) => parsePfx(bytes, PASSWORD, {}, budget)),
        codes('ERR_SCHANNEL_IMPORT_'),
      ),
    );
  const pfx = read(data);
  const [identity] = pfx?.identities ?? [];
  if (pfx === null || identity === undefined) return;
  assert.ok(pfx.certificates.includes(identity.certificate) && pfx.keys.includes(identity.key));
  const chain = outcomeOf(() => identity.chain(), codes('ERR_SCHANNEL_IMPORT_'));
  assert.ok(!('value' in chain) || chain.value[0]?.der.equals(identity.certificate.der));
  const name = identity.certificate.friendlyName;
  const again = read(
    writePfx({
      key: identity.key.privateKey,
      certificates: pfx.certificates.map(({ der }) => der),
      ...(name === null ? {} : { friendlyName: name }),
      password: PASSWORD,
      iterations: 1,
    }),
  );
  const [same] = again?.identities ?? [];
  assert.ok(same !== undefined, 'what was written cannot be read');
  assert.equal(same.certificate.friendlyName, name);
  assert.ok(same.key.privateKey.equals(identity.key.privateKey));
  assert.deepEqual(
    again?.certificates.map(({ der }) => der.toString('hex')).sort(),
    pfx.certificates.map(({ der }) => der.toString('hex')).sort(),
  );
}
