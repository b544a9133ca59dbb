import assert from 'node:assert/strict';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import * as schannel from 'schannel';
import * as schannelHttps from 'schannel/https';
import { runFixture } from '../../support/child.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

describe('an unchanged program', () => {
  /** What it found to be Schannel's. */
  const run = async (...flags: string[]): Promise<Record<string, boolean>> => {
    const { cert, key } = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const args = [Buffer.from(JSON.stringify({ cert, key, ca })).toString('base64')];
    const { stdout, stderr } = await runFixture('unchanged-program', { args, flags });
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout) as Record<string, boolean>;
  };
  const NAMES = [
    'tls.connect',
    'tls.createServer',
    'tls.connect with a context',
    'import { connect }',
    'import tls',
    'instanceof tls.TLSSocket',
    'https.createServer',
    'https.get',
    'https.get with an agent',
    'https.get with a subclass of the agent',
    'axios',
    'ws',
    'fetch',
    'undici',
    'http2.createSecureServer',
    'http2.connect',
    'promisify(http2.connect)',
    'http2.connect without TLS',
    'refuses sigalgs',
  ];
  const NEVER = 'http2.connect without TLS';

  it('uses OpenSSL', async () => {
    const found = await run();
    assert.deepEqual(
      Object.keys(found).filter((name) => found[name]),
      ['instanceof tls.TLSSocket'],
    );
  });

  for (const flag of ['--require', '--import']) {
    it(`${flag} schannel/register: everything uses Schannel`, async () => {
      const found = await run(flag, 'schannel/register');
      assert.deepEqual(Object.keys(found).sort(), [...NAMES].sort());
      assert.deepEqual(
        NAMES.filter((name) => !found[name]),
        [NEVER],
      );
    });
  }
});

describe('register() and unregister()', () => {
  const originals = () => ({ tls: { ...tls }, https: { ...https }, http2: { ...http2 } });

  it('put Schannel in place, and everything back', async () => {
    const before = originals();
    const { register, unregister } = await import('schannel/register');
    try {
      assert.equal(tls.connect, schannel.connect);
      assert.equal(https.globalAgent, schannelHttps.globalAgent);
      assert.equal((await import('node:tls')).TLSSocket, schannel.TLSSocket);
      register();
    } finally {
      unregister();
    }
    assert.deepEqual(originals(), before);
    assert.equal((await import('node:tls')).TLSSocket, before.tls.TLSSocket);

    register();
    const registered = tls.connect;
    unregister();
    assert.equal(registered, schannel.connect);
    assert.equal(tls.connect, before.tls.connect);
  });
});
