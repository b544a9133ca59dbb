import assert from 'node:assert/strict';
import { runFixture } from '../../support/child.js';
import { issueServer, localhostServer, serverRoot } from '../../support/schannel-server.js';

describe('gRPC with certificates on both sides', () => {
  const run = async (flags: readonly string[] = [], adapter?: true): Promise<object> => {
    const client = await issueServer({ subject: 'CN=anna', usages: ['clientAuth'], altNames: [] });
    const pair = ({ cert, key }: { cert: string; key: string }) => ({ cert, key });
    const ca = (await serverRoot()).certificate.cert;
    const identities = { server: pair(await localhostServer()), client: pair(client), ca, adapter };
    const args = [Buffer.from(JSON.stringify(identities)).toString('base64')];
    const { stdout, stderr } = await runFixture('grpc-identity', { args, flags });
    assert.match(stdout, /^\{/, stderr);
    return JSON.parse(stdout) as object;
  };
  const expected = {
    served: [
      ['ssl', 'anna'],
      ['ssl', 'anna'],
    ],
    known: [
      ['ssl', 'localhost'],
      ['ssl', 'localhost'],
    ],
    isSame: true,
    count: 100,
  };

  it('works by OpenSSL', async () => {
    assert.deepEqual(await run(), { schannel: false, ...expected });
  });

  it('works the same by schannel/register', async () => {
    assert.deepEqual(await run(['--require', 'schannel/register']), { schannel: true, ...expected });
  });

  it('has a client by schannel/grpc', async () => {
    // To the library it is a client whose connection says nothing about TLS.
    const known = Array(2).fill([null, null]);
    assert.deepEqual(await run([], true), { schannel: false, ...expected, known });
  });
});
