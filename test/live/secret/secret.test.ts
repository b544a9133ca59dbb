import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { protectSecret, unprotectSecret } from 'schannel/web';

describe('secrets', () => {
  let folder: string;
  let entropyFile: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-secret-'));
    entropyFile = path.join(folder, 'entropy');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const scope of ['user', 'machine'] as const) {
    it(`are protected by Windows for the ${scope}`, async () => {
      const secret = await protectSecret('token', { entropyFile, scope });
      assert.ok(!Buffer.from(secret.dpapi, 'base64').includes('token'));
      assert.equal((await unprotectSecret(secret, { entropyFile })).toString(), 'token');
    });
  }

  it('that are the first ones, and protected at once, share the entropy', async () => {
    const texts = ['one', 'two', 'three'];
    const secrets = await Promise.all(texts.map((text) => protectSecret(text, { entropyFile })));
    const read = await Promise.all(secrets.map((secret) => unprotectSecret(secret, { entropyFile })));
    assert.deepEqual(
      read.map((bytes) => bytes.toString()),
      texts,
    );
  });

  it('are not read with other entropy', async () => {
    const secret = await protectSecret('token', { entropyFile, scope: 'machine' });
    writeFileSync(entropyFile, Buffer.alloc(32, 7));
    await assert.rejects(unprotectSecret(secret, { entropyFile }), {
      code: 'ERR_SCHANNEL_SECRET_FOREIGN',
      status: 13,
      syscall: 'CryptUnprotectData',
    });
  });
});
