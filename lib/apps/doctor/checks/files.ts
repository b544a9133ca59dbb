import { createPublicKey, verify } from 'node:crypto';
import { exportPfx } from '../../../windows/import-export/export.js';
import { importPfx } from '../../../windows/import-export/import.js';
import { parsePfx } from '../../../formats/pfx/parse.js';
import { writePfx } from '../../../formats/pfx/write.js';
import { makeIdentity } from '../certificates.js';
import { type Check, found, works } from '../check.js';
import { ownStore } from '../own-store.js';

const DATA = Buffer.from('schannel doctor');

const pfx = (kind: 'rsa' | 'ec'): Check => ({
  id: `files.pfx-${kind}`,
  title: `Does a PFX with an ${kind === 'rsa' ? 'RSA' : 'EC'} key get into a store, and out of it again?`,
  writes: true,
  vital: kind === 'rsa',
  async run(context) {
    const { key, der } = makeIdentity(kind);
    const store = await ownStore(context);
    const file = writePfx({ key, certificates: [der], password: 'doctor', iterations: 2000 });
    const importing = importPfx(file, { password: 'doctor', store, exportable: true });
    const remove = context.cleanup.add('an imported key', async () => {
      const result = await importing.catch(() => null);
      for (const identity of result?.identities ?? []) await store.remove(identity, { withKey: true });
      result?.[Symbol.dispose]();
    });
    const { identities } = await importing;
    const [identity] = identities;
    if (identity === undefined) return { verdict: 'broken', text: 'The file gave no identity.' };
    const opened = await identity.openPrivateKey({ silent: true });
    const { api, provider, exportable } = opened.facts;
    const signature = await opened.sign('sha256', DATA);
    await opened.close();
    const signs = verify('sha256', DATA, createPublicKey(key), signature);
    const exported = await exportPfx(identity, { password: 'doctor', chain: false });
    const back = parsePfx(exported, 'doctor');
    const same = back.identities.some((each) => each.key.privateKey.equals(key));
    await remove.now();
    const data = { api, provider, exportable, signs, same };
    return signs && same ? works('Yes.', data) : found('Not unchanged.', data);
  },
});

/** Imports a key from a file into Windows, uses it, and exports it again. */
export const FILE_CHECKS: readonly Check[] = [pfx('rsa'), pfx('ec')];
