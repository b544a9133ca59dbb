import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import tls from 'node:tls';
import { isSupported } from 'schannel';
import { skip } from '../../support/skip.js';

const requireHere = createRequire(__filename);

describe('the entry points', () => {
  for (const name of [
    'schannel',
    'schannel/https',
    'schannel/http2',
    'schannel/undici',
    'schannel/fetch',
    'schannel/mqtt',
    'schannel/ws',
    'schannel/grpc',
    'schannel/ldap',
    'schannel/imap',
    'schannel/pg',
    'schannel/redis',
    'schannel/proxy',
    'schannel/store',
    'schannel/pki',
    'schannel/acme',
    'schannel/web',
    'schannel/tunnel',
    'schannel/probe',
    'schannel/doctor',
  ]) {
    it(`${name}: require and import give the same`, async () => {
      const required = requireHere(name) as Record<string, unknown>;
      const imported = (await import(name)) as Record<string, unknown>;
      assert.equal(imported['default'], required);
      for (const [key, value] of Object.entries(required)) assert.equal(imported[key], value, key);
      assert.ok(Object.keys(required).length > 0);
    });
  }

  it('leave nothing on the global object', async () => {
    const names = ['schannel', 'schannel/https', 'schannel/http2', 'schannel/undici', 'schannel/starttls'];
    const program = `
      // Node's own come there with their first use.
      const before = new Set(Reflect.ownKeys(globalThis));
      for (const name of ${JSON.stringify(names)}) require(name);
      console.log(Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
    assert.equal(stdout, '\n');
  });

  it('schannel has schannel/https as https', () => {
    const { https } = requireHere('schannel') as { https: unknown };
    assert.equal(https, requireHere('schannel/https'));
  });

  it('share their classes', async () => {
    const { Server } = await import('schannel');
    const required = requireHere('schannel/https') as { Server: { prototype: object } };
    assert.ok(required.Server.prototype instanceof Server);
  });

  it('schannel/register changes nothing where there is no Schannel, and says so', function () {
    if (isSupported) skip(this, 'here is Schannel');
    const { connect } = tls;
    assert.throws(() => requireHere('schannel/register') as unknown, {
      code: 'ERR_SCHANNEL_UNSUPPORTED_PLATFORM',
    });
    assert.equal(tls.connect, connect);
  });
});
