import assert from 'node:assert/strict';
import type { StoredIdentity } from '#lib/tls/identity/choice.js';
import type { ParsedSearch } from '#lib/tls/identity/search.js';
import { createSecureContext, type SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { FollowedIdentities, type CertificateLookup } from '#lib/tls/server/followed-identities.js';

const IDENTITY: StoredIdentity = {
  certificate: Buffer.from('certificate'),
  location: { container: 'key', provider: 'scripted', providerType: 0, flags: 0, keySpec: 0 },
};

/** Counts what is done for whom. */
class Scene implements CertificateLookup {
  /** How often a store was looked into for a connection. */
  looks = 0;
  /** How often following was begun. */
  begun = 0;
  readonly followed = new Set<SecureContext>();
  /** Those that are followed have not been looked at yet. */
  isWaiting = false;
  readonly identities = new FollowedIdentities(this);

  begin(context: SecureContext): { current(): Promise<StoredIdentity>; end(): void } {
    this.begun += 1;
    this.followed.add(context);
    let end = (): void => undefined;
    const ended = new Promise<StoredIdentity>((_resolve, reject) => {
      end = () => reject(new Error('ended'));
    });
    ended.catch(() => undefined);
    return {
      current: () => (this.isWaiting ? ended : Promise.resolve(IDENTITY)),
      end: () => {
        this.followed.delete(context);
        end();
      },
    };
  }

  look(): Promise<StoredIdentity> {
    this.looks += 1;
    return Promise.resolve(IDENTITY);
  }

  connect(context: SecureContext): Promise<StoredIdentity> {
    return this.identities.current(context, searchOf(context));
  }
}

const contextFor = (dns: string): SecureContext => createSecureContext({ certificate: { dns } });

function searchOf({ identity }: SecureContext): ParsedSearch {
  assert.ok(identity.kind === 'search');
  return identity.search;
}

describe('tls/server/followed-identities', () => {
  let scene: Scene;
  const server = contextFor('server.example');
  const other = contextFor('other.example');
  beforeEach(() => {
    scene = new Scene();
  });

  it('follows what the server knows, for as long as it does', async () => {
    scene.identities.follow([server, other, createSecureContext()]);
    assert.deepEqual([...scene.followed], [server, other]);
    await scene.connect(server);
    assert.equal(scene.looks, 0);
    scene.identities.follow([other]);
    assert.deepEqual([...scene.followed], [other]);
    scene.identities.follow(null);
    assert.equal(scene.followed.size, 0);
    await scene.connect(other);
    assert.equal(scene.looks, 1);
  });

  it('looks up a context of a callback once, and follows it when it comes again', async () => {
    scene.identities.follow([server]);
    for (let connection = 0; connection < 10; connection += 1) await scene.connect(other);
    assert.equal(scene.looks, 1);
    assert.equal(scene.begun, 2);
    for (let connection = 0; connection < 10; connection += 1) await scene.connect(contextFor('new.example'));
    assert.equal(scene.looks, 11);
    assert.equal(scene.begun, 2);
  });

  it('follows nothing while the server does not listen', async () => {
    scene.identities.follow(null);
    for (let connection = 0; connection < 3; connection += 1) await scene.connect(other);
    assert.equal(scene.looks, 3);
    assert.equal(scene.begun, 0);
  });

  it('ends them with the server, and not before', async () => {
    scene.identities.follow([server]);
    await scene.connect(other);
    await scene.connect(other);
    scene.identities.follow([]);
    assert.deepEqual([...scene.followed], [other]);
    scene.identities.follow(null);
    assert.equal(scene.followed.size, 0);
  });

  it('keeps following a context that is added to the server', async () => {
    scene.identities.follow([server]);
    await scene.connect(other);
    await scene.connect(other);
    scene.identities.follow([server, other]);
    await scene.connect(other);
    assert.equal(scene.begun, 2);
    scene.identities.follow([server]);
    assert.deepEqual([...scene.followed], [server]);
  });

  it('follows at most 64 contexts of a callback, those used last', async () => {
    scene.identities.follow([server]);
    const contexts = Array.from({ length: 65 }, (_, index) => contextFor(`host${index}.example`));
    const [first, second] = contexts;
    assert.ok(first && second);
    for (const context of contexts.slice(0, 64)) {
      await scene.connect(context);
      await scene.connect(context);
    }
    await scene.connect(first);
    for (const _ of [1, 2]) await scene.connect(contexts[64] ?? first);
    assert.equal(scene.followed.size, 65, 'with that of the server');
    assert.ok(scene.followed.has(first));
    assert.ok(!scene.followed.has(second));
  });

  it('looks up a context that was dropped before its first look ended', async () => {
    scene.identities.follow([server]);
    scene.isWaiting = true;
    await scene.connect(other);
    const waiting = scene.connect(other);
    scene.identities.follow(null);
    assert.equal(await waiting, IDENTITY);
    assert.equal(scene.looks, 2);
  });
});
