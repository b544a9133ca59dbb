import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { FixedIdentity } from '#lib/tls/identity/identity.js';
import type { StoredIdentity } from '#lib/tls/identity/choice.js';
import type { IdentityMaterial } from '#lib/windows/temporary-identity/material.js';
import type { NativeCertificate, NativeKey, NativeKeyLocation } from '#lib/native/store-binding.js';
import { sourceOf, type IdentitySource } from '#lib/tls/credential/identity-source.js';

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
const files = (...hashes: string[]): FixedIdentity => ({
  kind: 'files',
  materials: hashes.map(material),
  keySet: 'user',
});
const stored = (certificate: string, place: Partial<NativeKeyLocation> = {}): FixedIdentity => ({
  kind: 'certificate',
  certificate: { stored: { certificate: Buffer.from(certificate), location: { ...location, ...place } } },
});
const named = (name: string): FixedIdentity => ({ kind: 'certificate', certificate: { name } });

/** A Windows that notes what is opened and given back. */
class Scene {
  readonly log: string[] = [];
  /** The material whose key cannot be had. */
  refused = '';

  sourceOf(identity: FixedIdentity, window = 0): IdentitySource {
    return sourceOf(identity, window, {
      stores: {
        createCertificate: (der) => this.#certificate(der),
        acquireKey: ({ encoded }, flags, { silent, window: owner }, callback) => {
          const what = `0x${flags.toString(16)} ${silent ? 'silent' : 'window'} ${owner}`;
          this.log.push(`open the key of ${String(encoded)} ${what}`);
          if (String(encoded) === this.refused) callback({ value: null, status: 5, syscall: '' });
          else callback({ value: this.#key(encoded) });
        },
      },
      temporary: () => ({
        lease: ({ hash, certificate }, { keySet } = {}) => {
          if (hash === this.refused) return Promise.reject(new Error('refused'));
          this.log.push(`lease ${hash}${keySet === 'machine' ? ' of the machine' : ''}`);
          const release = (): Promise<void> => {
            this.log.push(`release ${hash}`);
            return Promise.resolve();
          };
          const close = (): Promise<void> => Promise.resolve();
          const resource = { certificate: this.#certificate(certificate), unpublished: null, close };
          return Promise.resolve({ resource, release });
        },
      }),
      find: (name): Promise<StoredIdentity> => {
        this.log.push(`find ${name}`);
        return Promise.resolve({ certificate: Buffer.from(name), location });
      },
    });
  }

  #key(encoded: Uint8Array): NativeKey {
    const close: NativeKey['close'] = (closed) => {
      this.log.push(`close the key of ${String(encoded)}`);
      closed?.({ status: 0, syscall: '' });
    };
    return { close } as NativeKey;
  }

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

describe('tls/credential/identity-source', () => {
  it('has a different key for each identity', () => {
    const scene = new Scene();
    const choose = (): null => null;
    const identities: FixedIdentity[] = [
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
    const keys = identities.map((identity) => scene.sourceOf(identity).key);
    assert.equal(new Set(keys).size, identities.length);
    assert.deepEqual(
      identities.map((identity) => scene.sourceOf(identity).key),
      keys,
      'and knows each again',
    );
    assert.equal(scene.sourceOf(named('ALICE')).key, scene.sourceOf(named('alice')).key);
  });

  it('leases keys from files while they are open', async () => {
    const scene = new Scene();
    const { log } = scene;
    const open = await scene.sourceOf(files('alice', 'bob')).open();
    assert.deepEqual(
      open.certificates.map(({ encoded }) => String(encoded)),
      ['alice', 'bob'],
    );
    assert.deepEqual(log.splice(0), ['lease alice', 'lease bob']);
    open.close();
    assert.deepEqual(log, ['release alice', 'release bob']);
  });

  it('puts them with the keys of the machine if asked to', async () => {
    const scene = new Scene();
    const { log } = scene;
    await scene.sourceOf({ kind: 'files', materials: [material('alice')], keySet: 'machine' }).open();
    assert.deepEqual(log, ['lease alice of the machine']);
  });

  it('keeps none of several if one fails', async () => {
    const scene = new Scene();
    scene.refused = 'bob';
    await assert.rejects(scene.sourceOf(files('alice', 'bob')).open(), /refused/);
    assert.deepEqual(scene.log, ['lease alice', 'release alice']);
  });

  it('links a certificate of Windows to its key, after looking it up if it is a name', async () => {
    const scene = new Scene();
    const { log } = scene;
    (await scene.sourceOf(stored('alice')).open()).close();
    assert.deepEqual(log.splice(0), ['alice has key', 'close alice']);
    (await scene.sourceOf(named('bob')).open()).close();
    assert.deepEqual(log, ['find bob', 'bob has key', 'close bob']);
  });

  it('closes a certificate that cannot be linked to its key', async () => {
    const scene = new Scene();
    const { log } = scene;
    await assert.rejects(scene.sourceOf(stored('alice', { container: 'refused' })).open(), {
      code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED',
    });
    assert.deepEqual(log, ['alice has refused', 'close alice']);
  });

  it('has the certificate keep its key with the window of its dialogs', async () => {
    const scene = new Scene();
    const { log } = scene;
    (await scene.sourceOf(stored('alice'), 0x1234).open()).close();
    assert.deepEqual(log.splice(0), [
      'alice has key',
      'open the key of alice 0x20001 window 4660',
      'close the key of alice',
      'close alice',
    ]);
    (await scene.sourceOf(stored('old', { providerType: 24 }), 1).open()).close();
    assert.equal(log[1], 'open the key of old 0x10001 window 1', 'a CSP first asks the CSP');
    assert.equal(scene.sourceOf(stored('alice'), 1).key, scene.sourceOf(stored('alice')).key);
  });

  it('closes a certificate if its key cannot be opened for a window', async () => {
    const scene = new Scene();
    scene.refused = 'alice';
    await assert.rejects(scene.sourceOf(stored('alice'), 1).open(), {
      code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED',
    });
    assert.equal(scene.log.at(-1), 'close alice');
  });

  it('opens no certificate before a function has chosen one', async () => {
    const scene = new Scene();
    const open = await scene.sourceOf({ kind: 'selector', select: () => null }).open();
    assert.deepEqual(open.certificates, []);
  });
});
