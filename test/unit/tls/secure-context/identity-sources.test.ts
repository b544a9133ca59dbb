import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { KnownIdentity } from '#lib/tls/identity/certificate-option.js';
import type { StoredIdentity } from '#lib/tls/identity/identity-source.js';
import type { IdentityMaterial } from '#lib/windows/temporary-identity/material.js';
import type { NativeCertificate, NativeKeyLocation } from '#lib/native/store-binding.js';
import { IdentitySources } from '#lib/tls/secure-context/identity-sources.js';

const location: NativeKeyLocation = {
  container: 'key',
  provider: 'provider',
  providerType: 0,
  flags: 0,
  keySpec: 0,
};
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const material = (hash: string): IdentityMaterial => ({
  hash,
  certificate: Buffer.from(hash),
  chain: [],
  key: privateKey,
});
const files = (...hashes: string[]): KnownIdentity => ({
  kind: 'files',
  materials: hashes.map(material),
  keySet: 'user',
});
const stored = (certificate: string, place: Partial<NativeKeyLocation> = {}): KnownIdentity => ({
  kind: 'certificate',
  certificate: { stored: { certificate: Buffer.from(certificate), location: { ...location, ...place } } },
});
const named = (name: string): KnownIdentity => ({ kind: 'certificate', certificate: { name } });

/** A Windows that notes what is opened and given back. */
class Scene {
  readonly log: string[] = [];
  /** The material whose key cannot be had. */
  refused = '';
  readonly sources = new IdentitySources({
    stores: { createCertificate: (der) => this.#certificate(der) },
    temporary: {
      lease: ({ hash, certificate }, { keySet }) => {
        if (hash === this.refused) return Promise.reject(new Error('refused'));
        this.log.push(`lease ${hash}${keySet === 'machine' ? ' of the machine' : ''}`);
        const release = (): void => void this.log.push(`release ${hash}`);
        return Promise.resolve({ resource: { certificate: this.#certificate(certificate) }, release });
      },
    },
    find: (name): Promise<StoredIdentity> => {
      this.log.push(`find ${name}`);
      return Promise.resolve({ certificate: Buffer.from(name), location });
    },
  });

  #certificate(encoded: Uint8Array): NativeCertificate {
    const certificate: Partial<NativeCertificate> = {
      encoded,
      setKeyLocation: (place, callback) => {
        this.log.push(`${String(encoded)} has ${place?.container ?? 'no key'}`);
        callback({ status: place?.container === 'refused' ? 5 : 0, syscall: '' });
      },
      close: () => void this.log.push(`close ${String(encoded)}`),
    };
    return certificate as NativeCertificate;
  }
}

describe('tls/secure-context/identity-sources', () => {
  it('tells every identity from every other', () => {
    const { sources } = new Scene();
    const choose = (): null => null;
    const identities: KnownIdentity[] = [
      { kind: 'none', lacks: null },
      files('alice'),
      files('bob'),
      files('alice', 'bob'),
      { kind: 'files', materials: [material('alice')], keySet: 'machine' },
      stored('alice'),
      stored('bob'),
      stored('alice', { container: 'another key' }),
      stored('alice', { flags: 0x20 }),
      stored('alice', { providerType: 24 }),
      named('alice'),
      { kind: 'selector', select: choose },
      { kind: 'selector', select: () => null },
    ];
    const keys = identities.map((identity) => sources.of(identity).key);
    assert.equal(new Set(keys).size, identities.length);
    assert.deepEqual(
      identities.map((identity) => sources.of(identity).key),
      keys,
      'and knows each again',
    );
    assert.equal(sources.of(named('ALICE')).key, sources.of(named('alice')).key);
  });

  it('has keys of files for as long as they are open', async () => {
    const { sources, log } = new Scene();
    const open = await sources.of(files('alice', 'bob')).open();
    assert.deepEqual(
      open.certificates.map(({ encoded }) => String(encoded)),
      ['alice', 'bob'],
    );
    assert.deepEqual(log.splice(0), ['lease alice', 'lease bob']);
    await open.close();
    assert.deepEqual(log, ['release alice', 'release bob']);
  });

  it('has them among the keys of the machine where that is asked for', async () => {
    const { sources, log } = new Scene();
    await sources.of({ kind: 'files', materials: [material('alice')], keySet: 'machine' }).open();
    assert.deepEqual(log, ['lease alice of the machine']);
  });

  it('keeps none of several when one cannot be had', async () => {
    const scene = new Scene();
    scene.refused = 'bob';
    await assert.rejects(scene.sources.of(files('alice', 'bob')).open(), /refused/);
    assert.deepEqual(scene.log, ['lease alice', 'release alice']);
  });

  it('ties a certificate of Windows to its key, looked up by name where need be', async () => {
    const { sources, log } = new Scene();
    await (await sources.of(stored('alice')).open()).close();
    assert.deepEqual(log.splice(0), ['alice has key', 'close alice']);
    await (await sources.of(named('bob')).open()).close();
    assert.deepEqual(log, ['find bob', 'bob has key', 'close bob']);
  });

  it('gives a certificate back that cannot be tied to its key', async () => {
    const { sources, log } = new Scene();
    await assert.rejects(sources.of(stored('alice', { container: 'refused' })).open(), {
      code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED',
    });
    assert.deepEqual(log, ['alice has refused', 'close alice']);
  });

  it('is nobody in particular until a function has chosen', async () => {
    const { sources } = new Scene();
    const open = await sources.of({ kind: 'selector', select: () => null }).open();
    assert.deepEqual(open.certificates, []);
  });
});
