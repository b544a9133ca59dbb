import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'schannel';
import { startTls } from 'schannel/starttls';
import { sharedRoot } from '../../support/certificates.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';

describe('the data connections of FTP', () => {
  let certificate: { readonly cert: string; readonly key: string };
  let ca: string;
  before(async function () {
    await needsPeer(this, 'proftpd');
    const root = await sharedRoot();
    certificate = await root.issue();
    ca = root.certificate.cert;
  });

  /** Downloads and uploads. @returns whether the first data connection has resumed the session */
  async function transfer(server: string, maxVersion?: 'TLSv1.2'): Promise<boolean> {
    const { cert, key } = certificate;
    const args = [server, '{file:cert}', '{file:key}', '{port}'];
    const peer = await startPeer('proftpd', args, { files: { cert, key } });
    try {
      await peer.waitFor(/^ready$/m);
      return await session(peer.port, maxVersion);
    } finally {
      await peer.stop();
    }
  }

  it('are secured with the options of the control connection', async () => {
    await transfer('proftpd');
  });

  it('resume its session, as ProFTPD demands', async function () {
    if (onWine()) skip(this, 'Wine resumes no sessions');
    assert.equal(await transfer('proftpd-resuming', 'TLSv1.2'), true);
  });

  async function session(port: number, maxVersion: 'TLSv1.2' | undefined): Promise<boolean> {
    const tls = { servername: 'localhost', ca, ...(maxVersion !== undefined && { maxVersion }) };
    const control = await startTls(net.connect(port, '127.0.0.1'), { protocol: 'ftp', ...tls });
    const lines = createInterface({ input: control.pipe(new PassThrough()) })[Symbol.asyncIterator]();
    /** The first line of the reply that begins with this code. */
    const reply = async (code: string): Promise<string> => {
      for (;;) {
        const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
        if (done === true) return assert.fail(`the server ended before ${code}`);
        if (/^[45]\d\d /.test(value)) assert.fail(`${value} in place of ${code}`);
        if (value.startsWith(`${code} `)) return value;
      }
    };
    const command = (line: string, code: string): Promise<string> => {
      control.write(`${line}\r\n`);
      return reply(code);
    };
    /** A secured data connection for a command. The server begins with TLS once it has said 150. */
    const data = async (line: string): Promise<TLSSocket> => {
      const [, passive] = /\|\|\|(\d+)\|/.exec(await command('EPSV', '229')) ?? [];
      const transport = net.connect(Number(passive), '127.0.0.1');
      await once(transport, 'connect');
      await command(line, '150');
      const socket = connect({ socket: transport, ...tls });
      await once(socket, 'secureConnect');
      return socket;
    };
    await command('PBSZ 0', '200');
    await command('PROT P', '200');
    await command('USER anna', '331');
    await command('PASS secret', '230');

    const download = await data('RETR hello.txt');
    const isReused = download.isSessionReused();
    assert.equal(await text(download), 'hello');
    await reply('226');

    const upload = await data('STOR other.txt');
    upload.end('uploaded');
    await reply('226');
    const again = await data('RETR other.txt');
    assert.equal(await text(again), 'uploaded');
    await reply('226');
    control.destroy();
    return isReused;
  }
});
