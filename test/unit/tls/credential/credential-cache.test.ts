import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { IdentitySource } from '#lib/tls/credential/identity-source.js';
import type { Native, NativeCredential, NativeCredentialRequest, Role } from '#lib/native/binding.js';
import type { NativeCertificate, NativeOutcome } from '#lib/native/store-binding.js';
import { CredentialCache, type CacheNative } from '#lib/tls/credential/credential-cache.js';

const SEC_E_UNKNOWN_CREDENTIALS = 0x8009030d;
const SEC_E_ALGORITHM_MISMATCH = 0x80090331;

const request = (structure: 4 | 5, flags = 0): NativeCredentialRequest => ({
  structure,
  flags,
  protocols: 0,
  sessionLifespan: 0,
});

/** A Windows that refuses some structures, and counts what it has given out. */
class ScriptedWindows implements CacheNative {
  readonly asked: NativeCredentialRequest[] = [];
  open = 0;
  /** What happened with identities, in order. */
  readonly log: string[] = [];

  constructor(readonly refuse: (request: NativeCredentialRequest) => number | null = () => null) {}

  acquireCredential(
    asked: NativeCredentialRequest,
    callback: (outcome: NativeOutcome<NativeCredential>) => void,
  ): void {
    this.asked.push(asked);
    const status = this.refuse(asked);
    setImmediate(() => {
      if (status !== null) callback({ value: null, status, syscall: 'AcquireCredentialsHandleW' });
      else {
        this.open += 1;
        callback({ value: this.#credential() });
      }
    });
  }

  /** It knows of no chain. */
  verifyChain(...[, callback]: Parameters<Native['verifyChain']>): void {
    callback({
      status: 0,
      syscall: '',
      errorStatus: 0,
      infoStatus: 0,
      policy: { error: 0, chainIndex: 0, elementIndex: 0 },
      elements: [],
    });
  }

  #credential(): NativeCredential {
    return {
      supportedProtocols: 0,
      close: (released) => {
        this.open -= 1;
        if (!released) return;
        this.log.push('credential closes');
        setImmediate(() => {
          this.log.push('Windows has the credential back');
          released({ status: 0, syscall: '' });
        });
      },
    };
  }

  /** An identity whose certificate is this text. */
  identity(name: string): IdentitySource {
    const certificate = { encoded: Buffer.from(name) } as Partial<NativeCertificate> as NativeCertificate;
    return {
      key: name,
      open: () => {
        this.log.push(`${name} opens`);
        return Promise.resolve({
          certificates: [certificate],
          close: () => {
            this.log.push(`${name} closes`);
          },
        });
      },
    };
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('tls/credential/credential-cache', () => {
  it('acquires one credential for each configuration, even for concurrent calls', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    const leases = await Promise.all([1, 2, 3].map(() => cache.lease(request(5))));
    assert.equal(windows.asked.length, 1);
    assert.equal(new Set(leases.map((lease) => lease.resource)).size, 1);
    for (const lease of leases) lease.release();
    assert.equal((await cache.lease(request(5))).resource, leases[0]?.resource, 'kept for resumption');
    assert.equal(windows.asked.length, 1);
  });

  it('gives at once what is there, in use like any other, and nothing that is old, retired or being made', async () => {
    const windows = new ScriptedWindows();
    let now = 1000;
    const cache = new CredentialCache(windows, {
      endOfChain: () => Promise.resolve(2000),
      now: () => now,
    });
    const alice = windows.identity('alice');
    assert.equal(cache.held(request(5), alice), null);
    const made = cache.lease(request(5), alice);
    assert.equal(cache.held(request(5), alice), null, 'being made');
    const first = await made;
    assert.equal(cache.held(request(5)), null, 'of another identity');
    const held = cache.held(request(5), alice);
    assert.equal(held?.resource, first.resource);
    assert.equal(windows.asked.length, 1);
    first.release();
    await cache.clear();
    assert.equal(windows.open, 1, 'in use');
    now = 2000;
    assert.equal(cache.held(request(5), alice), null, 'expired');
    now = 1000;
    cache.retire(alice);
    assert.equal(cache.held(request(5), alice), null, 'retired');
    held.release();
    await cache.clear();
    assert.equal(windows.open, 0);
  });

  it('shares nothing between configurations', async () => {
    const cache = new CredentialCache(new ScriptedWindows());
    const configurations: NativeCredentialRequest[] = [
      request(5),
      request(4),
      request(5, 1),
      { ...request(5), protocols: 1 },
      { ...request(5), sessionLifespan: 1 },
      { ...request(5), role: 'server' },
      { ...request(5), role: 'server', issuers: [Buffer.from('one')] },
      { ...request(5), role: 'server', issuers: [Buffer.from('another')] },
    ];
    const resources = new Set<unknown>();
    for (const configuration of configurations) resources.add((await cache.lease(configuration)).resource);
    assert.equal(resources.size, configurations.length);
    assert.ok(resources.has((await cache.lease({ ...request(5), role: 'client' })).resource), 'the default');
  });

  it('shares nothing between audiences', async () => {
    const cache = new CredentialCache(new ScriptedWindows());
    const one = await cache.lease(request(5), undefined, 'one');
    assert.notEqual((await cache.lease(request(5))).resource, one.resource);
    assert.equal((await cache.lease(request(5), undefined, 'one')).resource, one.resource);
  });

  it('makes a new credential when what it sends expires, and leaves the old one to its users', async () => {
    const windows = new ScriptedWindows();
    const asked: [string, Role][] = [];
    let now = 1000;
    const cache = new CredentialCache(windows, {
      endOfChain: (certificate, role) => {
        asked.push([String(certificate), role]);
        return Promise.resolve(now + 500);
      },
      now: () => now,
    });
    const alice = windows.identity('alice');
    const server: NativeCredentialRequest = { ...request(5), role: 'server' };
    const old = await cache.lease(server, alice);
    now = 1499;
    const same = await cache.lease(server, alice);
    assert.equal(same.resource, old.resource);
    now = 1500;
    const renewed = await Promise.all([cache.lease(server, alice), cache.lease(server, alice)]);
    assert.equal(renewed[0].resource, renewed[1].resource);
    assert.notEqual(renewed[0].resource, old.resource);
    assert.equal(windows.open, 2);
    assert.deepEqual(asked, [
      ['alice', 'server'],
      ['alice', 'server'],
    ]);
    old.release();
    same.release();
    await settled();
    await settled();
    assert.equal(windows.open, 1, 'the old one went with its last user');
    for (const lease of renewed) lease.release();
    await cache.clear();
    assert.equal(windows.open, 0);
  });

  it('keeps a credential if its end is unknown, or if it shows nothing', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows, { now: () => Number.MAX_SAFE_INTEGER });
    for (const source of [undefined, windows.identity('alice')]) {
      const { resource } = await cache.lease(request(5), source);
      assert.equal((await cache.lease(request(5), source)).resource, resource);
    }
  });

  it('closes a retired credential with its last user, and gives it to nobody else', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    const [old, renewed] = [windows.identity('old'), windows.identity('old, renewed')];
    const leases = [await cache.lease(request(5), old), await cache.lease(request(5), old)];
    (await cache.lease(request(5), old, 'idle')).release();
    (await cache.lease(request(5), renewed)).release();
    cache.retire(old);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(windows.open, 2, 'the one in use, and that of another identity');
    leases[0]?.release();
    const another = await cache.lease(request(5), old);
    assert.notEqual(another.resource, leases[0]?.resource);
    assert.equal(windows.open, 3);
    leases[1]?.release();
    await cache.clear();
    assert.equal(windows.open, 1);
    another.release();
    await cache.clear();
    assert.equal(windows.open, 0);
  });

  it('does not try another structure if a key cannot be used', async () => {
    let refusals = 1;
    const windows = new ScriptedWindows(() => (refusals-- > 0 ? SEC_E_UNKNOWN_CREDENTIALS : null));
    const cache = new CredentialCache(windows);
    const alice = windows.identity('alice');
    await assert.rejects(cache.lease(request(5), alice), { code: 'ERR_SCHANNEL_SYSTEM_CREDENTIAL' });
    await cache.lease(request(5), alice);
    assert.deepEqual(
      windows.asked.map(({ structure }) => structure),
      [5, 5],
    );
  });

  it('passes on the status of Windows', async () => {
    const windows = new ScriptedWindows(() => SEC_E_ALGORITHM_MISMATCH);
    await assert.rejects(
      new CredentialCache(windows).lease(request(5)),
      (error) =>
        error instanceof SchannelError &&
        error.code === 'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED' &&
        error.status === SEC_E_ALGORITHM_MISMATCH,
    );
  });

  it('asks again after a failure', async () => {
    let refusals = 1;
    const windows = new ScriptedWindows(() => (refusals-- > 0 ? SEC_E_ALGORITHM_MISMATCH : null));
    const cache = new CredentialCache(windows);
    await assert.rejects(cache.lease(request(5)));
    await cache.lease(request(5));
    assert.equal(windows.asked.length, 2);
  });

  it('closes what is not in use, and nothing else', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    const used = await cache.lease(request(5, 1));
    const unused = await cache.lease(request(5, 2));
    unused.release();
    unused.release();
    await cache.clear();
    assert.equal(windows.open, 1);
    used.release();
    await cache.clear();
    assert.equal(windows.open, 0);
  });

  it('keeps the sixteen unused credentials that were used last', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    for (let flags = 0; flags < 20; flags += 1) (await cache.lease(request(5, flags))).release();
    await settled();
    assert.equal(windows.open, 16);
    await cache.lease(request(5, 19));
    assert.equal(windows.asked.length, 20, 'the newest is still there');
    await cache.lease(request(5, 0));
    assert.equal(windows.asked.length, 21, 'the oldest is gone');
  });

  it('asks for the right side why a certificate was refused', async () => {
    const windows = new ScriptedWindows(() => SEC_E_UNKNOWN_CREDENTIALS);
    const cache = new CredentialCache(windows, {
      explain: (_, role) => Promise.resolve(`no good for a ${role}`),
    });
    for (const role of ['client', 'server'] as const) {
      await assert.rejects(cache.lease({ ...request(5), role }, windows.identity('alice')), {
        advice: `no good for a ${role}`,
      });
    }
  });

  it('shares nothing between identities, nor between one and none', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    const leases = [
      await cache.lease(request(5)),
      await cache.lease(request(5), windows.identity('alice')),
      await cache.lease(request(5), windows.identity('bob')),
      await cache.lease(request(5), windows.identity('alice')),
    ];
    assert.equal(new Set(leases.map(({ resource }) => resource)).size, 3);
    assert.equal(leases[1]?.resource, leases[3]?.resource);
    const shown = windows.asked.map(({ certificates }) =>
      certificates?.map(({ encoded }) => String(encoded)),
    );
    assert.deepEqual(shown, [undefined, ['alice'], ['bob']]);
    assert.deepEqual(
      leases.map(({ resource }) => resource.certificates.map(String)),
      [[], ['alice'], ['bob'], ['alice']],
    );
  });

  it('closes an identity after Windows has released the credential, and reports when', async () => {
    const windows = new ScriptedWindows();
    const cache = new CredentialCache(windows);
    (await cache.lease(request(5), windows.identity('alice'))).release();
    await cache.clear();
    assert.deepEqual(windows.log, [
      'alice opens',
      'credential closes',
      'Windows has the credential back',
      'alice closes',
    ]);
  });

  it('closes an identity that Windows refuses, and reports the reason', async () => {
    const windows = new ScriptedWindows(() => SEC_E_UNKNOWN_CREDENTIALS);
    const cache = new CredentialCache(windows, {
      explain: (certificate) => Promise.resolve(`${String(certificate.encoded)} has expired`),
    });
    await assert.rejects(
      cache.lease(request(5), windows.identity('alice')),
      (error) =>
        error instanceof SchannelError &&
        error.code === 'ERR_SCHANNEL_SYSTEM_CREDENTIAL' &&
        error.advice === 'alice has expired',
    );
    assert.deepEqual(windows.log, ['alice opens', 'alice closes']);
  });
});
