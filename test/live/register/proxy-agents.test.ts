import assert from 'node:assert/strict';
import { runFixture } from '../../support/child.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

describe('a program behind a proxy, with https-proxy-agent', () => {
  const run = async (...flags: string[]): Promise<object> => {
    const { cert, key } = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const args = [Buffer.from(JSON.stringify({ cert, key, ca })).toString('base64')];
    const { stdout, stderr } = await runFixture('proxied-program', { args, flags });
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout) as object;
  };
  const all = (isSchannel: boolean) =>
    Object.fromEntries(
      ['http, 7', 'https, 7', 'http, 9', 'https, 9'].map((name) => [name, { isWhole: true, isSchannel }]),
    );

  it('gets through by OpenSSL', async () => {
    assert.deepEqual(await run(), all(false));
  });

  it('gets through by schannel/register, with Schannel in the tunnel', async () => {
    assert.deepEqual(await run('--require', 'schannel/register'), all(true));
  });
});
