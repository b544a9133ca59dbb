import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SecretFile, type SecretProtection } from '#lib/apps/acme/config/secret-file.js';

describe('apps/acme/config/secret-file', () => {
  let state: string;
  let file: SecretFile;
  /** What was decrypted, to see that it is zeroed. */
  let given: Buffer[];
  const protection: SecretProtection = {
    protect: (secret) => Promise.resolve({ dpapi: Buffer.from(secret).reverse().toString('base64') }),
    unprotect: ({ dpapi }) => {
      const bytes = Buffer.from(dpapi, 'base64').reverse();
      given.push(bytes);
      return Promise.resolve(bytes);
    },
  };
  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-secrets-'));
    file = new SecretFile(state, protection);
    given = [];
  });
  afterEach(() => rm(state, { recursive: true }));

  it('keeps secrets encrypted, each by itself', async () => {
    assert.deepEqual(await file.names(), []);
    assert.equal((await file.open())('dnsimple'), undefined);
    await file.set('dnsimple', 'one');
    await file.set('rfc2136', 'two');
    await file.set('dnsimple', 'three');
    const source = await file.open();
    assert.deepEqual(
      [source('dnsimple'), source('rfc2136'), source('cloudflare')],
      ['three', 'two', undefined],
    );
    assert.ok(!(await readFile(file.path, 'utf8')).includes('three'));
    assert.ok(given.every((bytes) => bytes.every((byte) => byte === 0)));
  });

  it('removes one and leaves the others', async () => {
    await file.set('dnsimple', 'one');
    await file.set('rfc2136', 'two');
    assert.equal(await file.remove('dnsimple'), true);
    assert.equal(await file.remove('dnsimple'), false);
    assert.deepEqual(await file.names(), ['rfc2136']);
  });

  for (const text of [
    '',
    '[]',
    '{"unknown":{"dpapi":"YQ=="}}',
    '{"dnsimple":"plain"}',
    '{"dnsimple":{"dpapi":7}}',
  ]) {
    it(`takes ${JSON.stringify(text)} for damaged`, async () => {
      await writeFile(file.path, text);
      await assert.rejects(file.open(), { code: 'ERR_SCHANNEL_ACME_CONFIG', message: /damaged/ });
    });
  }
});
