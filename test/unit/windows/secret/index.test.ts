import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NativeProtection } from '#lib/native/protection-binding.js';
import { protectSecret, unprotectSecret } from '#lib/windows/secret/index.js';

describe('windows/secret/index', () => {
  let folder: string;
  let entropyFile: string;
  let calls: { input: Uint8Array; text: string; entropy: string; machine?: boolean }[];
  /** Windows' answer: 0, or a status that it fails with. */
  let status: number;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-secret-'));
    entropyFile = path.join(folder, 'settings.entropy');
    calls = [];
    status = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const reversed = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes).reverse();
  const record = (input: Uint8Array, entropy: Uint8Array): void => {
    calls.push({
      input,
      text: Buffer.from(input).toString(),
      entropy: Buffer.from(entropy).toString('hex'),
    });
  };
  const windows: NativeProtection = {
    protectData: (secret, entropy, machine, callback) => {
      record(secret, entropy);
      Object.assign(calls.at(-1) ?? {}, { machine });
      const answer =
        status === 0 ? { value: reversed(secret) } : { value: null, status, syscall: 'CryptProtectData' };
      setImmediate(() => callback(answer));
    },
    unprotectData: (data, entropy, callback) => {
      record(data, entropy);
      const answer =
        status === 0 ? { value: reversed(data) } : { value: null, status, syscall: 'CryptUnprotectData' };
      setImmediate(() => callback(answer));
    },
  };

  it('gives back what was protected', async () => {
    const secret = await protectSecret('käse', { entropyFile }, windows);
    assert.deepEqual(Object.keys(secret), ['dpapi']);
    assert.equal((await unprotectSecret(secret, { entropyFile }, windows)).toString(), 'käse');
  });

  it('makes the entropy once, in a file of 32 bytes', async () => {
    await protectSecret('one', { entropyFile }, windows);
    await protectSecret('two', { entropyFile, scope: 'machine' }, windows);
    const hex = readFileSync(entropyFile).toString('hex');
    assert.equal(hex.length, 64);
    assert.deepEqual(
      calls.map(({ entropy, machine }) => [entropy, machine]),
      [
        [hex, false],
        [hex, true],
      ],
    );
  });

  it('zeroes its copy of a text, and leaves bytes to the caller', async () => {
    await protectSecret('text', { entropyFile }, windows);
    assert.ok(calls[0]?.input.every((byte) => byte === 0));
    const bytes = Buffer.from('bytes');
    await protectSecret(bytes, { entropyFile }, windows);
    assert.equal(bytes.toString(), 'bytes');
  });

  for (const [foreign, why] of [
    [2, 'no master key'],
    [13, 'other entropy'],
    [87, 'nothing to decrypt'],
    [0x8009000b, 'another account or machine'],
  ] as const) {
    it(`fails with ERR_SCHANNEL_SECRET_FOREIGN for ${String(foreign)}: ${why}`, async () => {
      const secret = await protectSecret('secret', { entropyFile }, windows);
      status = foreign;
      await assert.rejects(unprotectSecret(secret, { entropyFile }, windows), {
        code: 'ERR_SCHANNEL_SECRET_FOREIGN',
        status: foreign,
        syscall: 'CryptUnprotectData',
      });
    });
  }

  it('says what Windows says if it is something else', async () => {
    const secret = await protectSecret('secret', { entropyFile }, windows);
    status = 1450;
    await assert.rejects(unprotectSecret(secret, { entropyFile }, windows), {
      code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
      status: 1450,
    });
    await assert.rejects(protectSecret('secret', { entropyFile }, windows), {
      code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
      message: /^The secret could not be protected/,
    });
  });

  it('needs the entropy file, whole', async () => {
    const secret = await protectSecret('secret', { entropyFile }, windows);
    writeFileSync(entropyFile, 'short');
    const foreign = { code: 'ERR_SCHANNEL_SECRET_FOREIGN' };
    // To enter the secret again would fail in the same way.
    const damaged = { ...foreign, advice: /^Restore .*settings\.entropy from a backup, or remove it/ };
    await assert.rejects(unprotectSecret(secret, { entropyFile }, windows), damaged);
    await assert.rejects(protectSecret('secret', { entropyFile }, windows), damaged);
    rmSync(entropyFile);
    await assert.rejects(unprotectSecret(secret, { entropyFile }, windows), foreign);
  });

  it('refuses what is no secret', async () => {
    await assert.rejects(protectSecret(7 as never, { entropyFile }, windows), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    await protectSecret('secret', { entropyFile }, windows);
    await assert.rejects(unprotectSecret({ dpapi: 7 } as never, { entropyFile }, windows), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
