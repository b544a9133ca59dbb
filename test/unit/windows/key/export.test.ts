import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { octetString, sequence } from '#lib/formats/asn1/der-writer.js';
import { PrivateKey } from '#lib/windows/key/private-key.js';
import { PASSWORD_ENCRYPTIONS } from '#lib/formats/pbe/encrypt.js';
import { toPrivateKey } from '#lib/formats/private-key/private-key.js';
import { toCapiBlob } from '#lib/formats/private-key/windows-blobs.js';
import type { NativeExportRequest, NativeKeyFacts } from '#lib/native/store-binding.js';
import {
  type Answer,
  ScriptedKey,
  ScriptedProvider,
  SOFTWARE_LOCATION,
} from '../../../support/scripted-key.js';

const NTE_NOT_SUPPORTED = 0x80090029;
const NTE_BAD_KEY_STATE = 0x8009000b;
const NTE_SILENT_CONTEXT = 0x80090022;

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;

/** All of a key: KeyObject.equals() compares public halves. */
const pkcs8 = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' });

/** EncryptedPrivateKeyInfo as NCryptExportKey makes it: PBES1 with SHA-1 and 3DES. */
function encrypted(key: KeyObject, { password, iterations }: NativeExportRequest): Buffer {
  assert.ok(password);
  const text = Buffer.from(password).toString('utf16le');
  const utf16 = Buffer.from(`${text}\0`, 'utf16le').swap16();
  const forms = { utf16, utf8: Buffer.from(text) };
  const salt = Buffer.from('saltsalt');
  const { algorithm, ciphertext } = PASSWORD_ENCRYPTIONS.legacy.encrypt(pkcs8(key), forms, salt, iterations);
  return sequence(algorithm, octetString(ciphertext));
}

interface Exported {
  readonly key: PrivateKey;
  readonly requests: NativeExportRequest[];
  /** What Windows gave; every one has to be zeroed in the end. */
  readonly given: Uint8Array[];
}

function exporting(
  facts: Partial<NativeKeyFacts>,
  answer: (request: NativeExportRequest) => Answer<Uint8Array>,
): Exported {
  const requests: NativeExportRequest[] = [];
  const given: Uint8Array[] = [];
  const native = new ScriptedKey({
    facts,
    exportPrivate: (request) => {
      // What it has is wiped afterwards.
      requests.push({ ...request, password: request.password && Buffer.from(request.password) });
      if (request.password) given.push(request.password);
      const answered = answer(request);
      if (typeof answered !== 'number') given.push(answered);
      return answered;
    },
  });
  const stores = new ScriptedProvider(() => NTE_NOT_SUPPORTED);
  return { key: new PrivateKey(stores, { native, location: SOFTWARE_LOCATION }), requests, given };
}

const allZero = (memory: readonly Uint8Array[]): boolean =>
  memory.every((bytes) => bytes.every((byte) => byte === 0));

describe('windows/key/export', () => {
  it('is PKCS #8 where the policy allows plaintext', async () => {
    const { key, requests, given } = exporting({ exportPolicy: 3 }, () => pkcs8(ec));
    assert.deepEqual(pkcs8(await key.exportKeyObject()), pkcs8(ec));
    assert.deepEqual(requests, [{ type: 'PKCS8_PRIVATEKEY', password: null, iterations: 0 }]);
    assert.ok(allZero(given));
  });

  for (const [kind, wanted] of [
    ['rsa', rsa],
    ['ec', ec],
  ] as const) {
    it(`uses an encrypted form if the policy allows only that (${kind})`, async () => {
      const { key, requests, given } = exporting({ exportPolicy: 1 }, (request) =>
        encrypted(wanted, request),
      );
      assert.deepEqual(pkcs8(await key.exportKeyObject()), pkcs8(wanted));
      assert.equal(requests.length, 1);
      assert.equal(requests[0]?.type, 'PKCS8_PRIVATEKEY');
      assert.equal(given.length, 2);
      assert.ok(allZero(given));
    });
  }

  it('has a new password each time', async () => {
    const { key, requests } = exporting({ exportPolicy: 1 }, (request) => encrypted(rsa, request));
    await key.exportKeyObject();
    await key.exportKeyObject();
    const [one, other] = requests.map(({ password }) => Buffer.from(password ?? []).toString('utf16le'));
    assert.match(one ?? '', /^[A-P]{32}$/);
    assert.notEqual(one, other);
  });

  it('goes through the encrypted form where the provider promised plaintext and does not do it', async () => {
    const { key, requests } = exporting({ exportPolicy: null }, (request) =>
      request.password === null ? NTE_NOT_SUPPORTED : encrypted(rsa, request),
    );
    assert.deepEqual(pkcs8(await key.exportKeyObject()), pkcs8(rsa));
    assert.equal(requests.length, 2);
  });

  it("is read from a CSP's blob", async () => {
    const facts = { api: 'capi', providerType: 24, exportPolicy: 3 } as const;
    const { key, requests, given } = exporting(facts, () => toCapiBlob(rsa));
    assert.deepEqual(pkcs8(await key.exportKeyObject()), pkcs8(rsa));
    assert.deepEqual(requests, [{ type: 'PRIVATEKEYBLOB', password: null, iterations: 0 }]);
    assert.ok(allZero(given));
  });

  it('is written as PEM, as DER, and under a passphrase', async () => {
    const { key } = exporting({ exportPolicy: 3 }, () => pkcs8(rsa));
    const pem: string = await key.export();
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.deepEqual(pkcs8(createPrivateKey(pem)), pkcs8(rsa));
    const der: Buffer = await key.export({ format: 'der' });
    assert.deepEqual(der, pkcs8(rsa));
    const locked = await key.export({ passphrase: 'secret' });
    assert.match(locked, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    assert.deepEqual(pkcs8(toPrivateKey(locked, 'secret')), pkcs8(rsa));
  });

  it('is refused without a call where the policy says so, with a way out', async () => {
    const { key, requests } = exporting({ exportPolicy: 0 }, () => NTE_BAD_KEY_STATE);
    await assert.rejects(key.export(), {
      code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
      message: /made or imported as not exportable/,
      advice: /exportable: true/,
    });
    assert.equal(requests.length, 0);
  });

  it('is refused for a key in a TPM, which never leaves it', async () => {
    const facts = { exportPolicy: 0, implementation: 1, provider: 'Microsoft Platform Crypto Provider' };
    const { key } = exporting(facts, () => NTE_BAD_KEY_STATE);
    await assert.rejects(key.export(), {
      code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
      message: /hardware \(Microsoft Platform Crypto Provider\)/,
    });
  });

  it('is refused where no form is allowed, with what Windows said', async () => {
    const { key, requests } = exporting({ exportPolicy: null }, () => NTE_BAD_KEY_STATE);
    await assert.rejects(key.export(), {
      code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
      status: NTE_BAD_KEY_STATE,
    });
    assert.equal(requests.length, 2);
  });

  it('fails as it failed where that says nothing of the policy', async () => {
    const { key, given } = exporting({ exportPolicy: 1 }, () => NTE_SILENT_CONTEXT);
    await assert.rejects(key.export(), { code: 'ERR_SCHANNEL_KEY_DIALOG' });
    assert.ok(allZero(given));
  });
});
