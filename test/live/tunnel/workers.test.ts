import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { startSchannel } from '../../support/schannel-process.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { skipOnDouble } from '../../support/windows.js';

const WORKERS = 2;
const CONNECTIONS = 6;

/** @returns what came of connecting: the code of the error, or '' */
const attempt = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve('');
    });
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
  });

describe('schannel tunnel --workers', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'schannel-workers-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('shares the connections of one port, adds up the status, and leaves nobody behind', async function () {
    skipOnDouble(this, 'it is about processes');
    const { cert, key } = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const behind = net.createServer({ allowHalfOpen: true }, (socket) =>
      socket.on('error', () => {}).pipe(socket),
    );
    behind.listen(0, '127.0.0.1');
    await once(behind, 'listening');
    const { port: target } = behind.address() as net.AddressInfo;
    const child = startSchannel([
      ...['tunnel', '--server', '--accept', '127.0.0.1:0', '--connect', `127.0.0.1:${target}`],
      ...['--cert', certFile, '--key', keyFile, '--workers', String(WORKERS), '--status', '0', '--json'],
    ]);
    try {
      const said = new Map<string, Record<string, unknown>>();
      const opened: Record<string, unknown>[] = [];
      let rest = '';
      const status = new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            const fact = JSON.parse(line) as Record<string, unknown>;
            said.set(String(fact['event']), fact);
            if (fact['event'] === 'open') opened.push(fact);
            if (fact['event'] === 'status') resolve(String(fact['address']));
          }
        });
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
        child.on('close', (code) => reject(new Error(`it ended with ${String(code)}: ${errors}`)));
      });
      const address = await status;
      const port = Number(String(said.get('listening')?.['accept']).split(':').at(-1));
      for (let at = 0; at < CONNECTIONS; at += 1) {
        const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
        socket.end(`number ${at}`);
        const [back] = (await once(socket, 'data')) as [Buffer];
        assert.equal(String(back), `number ${at}`);
        socket.destroy();
      }
      const page = (await (await fetch(`http://${address}/status`)).json()) as {
        ok: boolean;
        services: { total: number; state: string }[];
      };
      assert.deepEqual([page.ok, page.services.length], [true, 1]);
      assert.equal(page.services[0]?.total, CONNECTIONS);
      // In turn: none of them does all the work.
      assert.deepEqual([...new Set(opened.map(({ worker }) => worker))].sort(), [1, 2]);
      // The first process has no chance to say goodbye.
      const closed = once(child, 'close');
      child.kill();
      await closed;
      // The workers see that it has gone, and end.
      while ((await attempt(port)) !== 'ECONNREFUSED');
    } finally {
      behind.close();
      if (child.exitCode === null) child.kill();
    }
  });
});
