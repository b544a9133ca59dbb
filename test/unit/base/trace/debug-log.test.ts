import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import type { Operations } from '#lib/base/trace/channels.js';
import { logOperations, type DebugLog } from '#lib/base/trace/debug-log.js';
import { Operation } from '#lib/base/trace/operation.js';

let count = 0;

/** Operations of separate channels, and the lines that are written about them. */
function logged(enabled = true): { operations: Operations; lines: string[] } {
  const name = `log-test-${++count}`;
  const operations = {
    handshake: new Operation(`${name}-handshake`),
    verification: new Operation(`${name}-verification`),
    credential: new Operation(`${name}-credential`),
    store: new Operation(`${name}-store`),
    close: new Operation(`${name}-close`),
  } as Operations;
  const lines: string[] = [];
  const log = Object.assign((line: string) => void lines.push(line), { enabled }) as DebugLog;
  logOperations(operations, log);
  return { operations, lines };
}

/** The socket's number is its own business. */
const withoutNumbers = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^#\d+/, '#'));

describe('base/trace/debug-log', () => {
  const socket = new Socket();

  it('writes what happens to a connection', async () => {
    const { operations, lines } = logged();
    const { handshake, verification, close } = operations;
    const shaking = handshake.begin(
      () => ({ socket, role: 'client', servername: 'mail.example' }),
      () => undefined,
    );
    await verification.run(
      () => ({ socket, peer: 'server', hostname: 'mail.example', received: 2 }),
      () => Promise.resolve(),
      () => ({ authorized: true, reason: null, anchors: 'windows', revocation: 'good', ignored: [] }),
    );
    shaking?.succeed({
      protocol: 'TLSv1.3',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      alpnProtocol: 'h2',
      resumed: true,
    });
    const closing = close.begin(
      () => ({ socket, role: 'client', reason: null, truncated: true, bytesRead: 5, bytesWritten: 7 }),
      () => undefined,
    );
    closing?.succeed({});
    assert.deepEqual(withoutNumbers(lines), [
      '# client handshake begins with mail.example',
      '# verification of the server mail.example: trusted; anchors windows, revocation good',
      '# client handshake complete: TLSv1.3, TLS_AES_256_GCM_SHA384, name mail.example, ALPN h2, resumed',
      '# closed; 5 bytes read, 7 written, no close_notify came',
    ]);
    assert.equal(new Set(lines.map((line) => line.split(' ')[0])).size, 1);
  });

  it('writes what Windows is asked for', async () => {
    const { operations, lines } = logged();
    await operations.credential.run(
      () => ({ role: 'server' }),
      () => Promise.resolve(),
      () => ({ certificates: [Buffer.alloc(1)] }),
    );
    await operations.store.run(
      () => ({ work: 'list', store: 'CurrentUser\\MY', thumbprint: null }),
      () => Promise.resolve(),
      () => ({ count: 3 }),
    );
    assert.deepEqual(lines, [
      '- server credential acquired, certificates: 1',
      '- CurrentUser\\MY: list, certificates: 3',
    ]);
  });

  it('writes why something failed', async () => {
    const { operations, lines } = logged();
    const error = Object.assign(new Error('not this\nway'), { code: 'ERR_SOME' });
    const failing = operations.store.run(
      () => ({ work: 'remove', store: 'CurrentUser\\MY', thumbprint: 'AB' }),
      () => Promise.reject(error),
      () => ({}),
    );
    await assert.rejects(failing, error);
    operations.handshake
      .begin(
        () => ({ socket, role: 'server', servername: null }),
        () => undefined,
      )
      ?.fail('text');
    assert.deepEqual(withoutNumbers(lines), [
      '- CurrentUser\\MY: failed: ERR_SOME: not this / way',
      '# server handshake begins',
      '# server handshake failed: text',
    ]);
  });

  it('lets no peer forge a line or move the cursor', () => {
    const { operations, lines } = logged();
    const hostile = 'a\r\n#1 closed\u001b[2J';
    const shaking = operations.handshake.begin(
      () => ({ socket, role: 'server', servername: hostile }),
      () => undefined,
    );
    shaking?.succeed({ servername: hostile, alpnProtocol: hostile.repeat(50) });
    for (const line of lines) {
      assert.ok(!['\r', '\n', '\u001b'].some((control) => line.includes(control)), line);
      assert.ok(line.length < 1000);
    }
  });

  it('follows nothing unless it is enabled', () => {
    const { operations, lines } = logged(false);
    assert.equal(
      operations.handshake.begin(
        () => assert.fail('made for nobody'),
        () => undefined,
      ),
      null,
    );
    assert.deepEqual(lines, []);
  });

  it('is switched on by NODE_DEBUG', () => {
    const program = `
      const { operations } = require(${JSON.stringify(require.resolve('#lib/base/trace/channels.js'))});
      operations.credential.run(() => ({ role: 'client' }), async () => {}, () => ({ certificates: [] }));`;
    const stderrWith = (value: string): string =>
      spawnSync(process.execPath, ['-e', program], {
        env: { ...process.env, NODE_DEBUG: value },
        encoding: 'utf8',
      }).stderr;
    assert.match(stderrWith('schannel'), /^SCHANNEL \d+: - client credential acquired, certificates: 0\n$/);
    assert.equal(stderrWith('other'), '');
  });
});
