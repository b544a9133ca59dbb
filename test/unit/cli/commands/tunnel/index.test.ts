import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { run } from '#lib/cli/program.js';
import type {
  StatusServer,
  StunnelNotice,
  StunnelProcess,
  TunnelFile,
  TunnelOptions,
  Tunnels,
} from '#lib/tunnel.js';
import { capturedIO, type CapturedIO } from '../../../../support/captured-io.js';
import { TestAuthority } from '../../../../support/certificates.js';
import { commandLibrary } from '../../../../support/command-library.js';

interface Outcome extends CapturedIO {
  readonly code: number;
  readonly asked: readonly TunnelOptions[];
  readonly drains: readonly unknown[];
  /** What was done with a file, in order. */
  readonly done: readonly unknown[];
}

interface Plan {
  /** What happens while the tunnel runs. */
  readonly meanwhile?: (tunnel: EventEmitter) => void;
  readonly cutOff?: number;
  readonly failure?: Error;
  /** It never listens, and is ended meanwhile. */
  readonly isStuck?: boolean;
  /** Names of the tunnels of a file. */
  readonly names?: readonly string[];
  readonly notices?: readonly StunnelNotice[];
  /** What the file says about the process. */
  readonly process?: StunnelProcess;
}

const CONNECTION = { id: 7, from: '127.0.0.1:50000', tunnel: 'tunnel' };

/** The command with tunnels that are none, until Ctrl+C. */
async function tunnel(
  args: readonly string[],
  {
    meanwhile,
    cutOff = 0,
    failure,
    isStuck = false,
    names = ['tunnel'],
    notices = [],
    process: own = {},
  }: Plan = {},
): Promise<Outcome> {
  const asked: TunnelOptions[] = [];
  const drains: unknown[] = [];
  const done: unknown[] = [];
  const made = Object.assign(new EventEmitter(), {
    tunnels: names,
    listen: (options: unknown) => {
      done.push({ listen: options });
      // The last one can't, if any.
      for (const name of failure === undefined ? names : names.slice(0, -1)) {
        made.emit('listening', {
          ...{ name, accept: '127.0.0.1:143' },
          targets: [{ address: 'mail.example:993' }, { address: 'other.example:993' }],
        });
      }
      if (failure !== undefined) return Promise.reject(failure);
      if (isStuck) {
        setImmediate(() => process.emit('SIGINT'));
        return new Promise((_resolve, reject) => made.once('closed', () => reject(new Error('closed'))));
      }
      setImmediate(() => {
        meanwhile?.(made);
        process.emit('SIGINT');
      });
      return Promise.resolve();
    },
    close: (options: unknown) => {
      drains.push(options);
      made.emit('closed');
      return Promise.resolve(cutOff);
    },
  });
  const io = capturedIO();
  const library = commandLibrary(undefined, undefined, undefined, undefined, undefined, {
    createTunnels: (options) => {
      asked.push(...options);
      return made as unknown as Tunnels;
    },
    openTunnelFile: (file, { adapt = (own: TunnelOptions) => own, ...options } = {}) => {
      done.push({ open: file, ...options, adapted: adapt(OF_FILE) });
      return Promise.resolve({
        tunnels: made as unknown as Tunnels,
        notices,
        process: own,
        listen: made.listen,
        close: made.close,
        reload: () => Promise.resolve(void done.push('reload')),
      } as unknown as TunnelFile);
    },
    serveTunnelStatus: (tunnels, options) => {
      assert.equal(tunnels, made);
      done.push({ status: options });
      return Promise.resolve({
        address: '127.0.0.1:9090',
        close: () => Promise.resolve(void done.push('status closed')),
      } as unknown as StatusServer);
    },
    planTunnelFile: (file) => {
      done.push({ plan: file });
      return Promise.resolve({ process: {}, services: [], notices });
    },
  });
  const code = await run(['tunnel', ...args], '1', library, io);
  return { ...io, code, asked, drains, done };
}

const OF_FILE: TunnelOptions = { mode: 'client', accept: 143, connect: 993 };

const ENDS = ['--accept', '143', '--connect', 'mail.example:993', 'other.example:993'];

describe('cli/commands/tunnel/index', () => {
  it('says in one line where it listens, and where it leads to', async () => {
    const { code, output, errors, asked, drains } = await tunnel(ENDS);
    assert.equal(code, 0);
    assert.equal(output(), 'listening on 127.0.0.1:143 → mail.example:993, other.example:993\n');
    assert.equal(errors(), '');
    assert.deepEqual(asked, [
      {
        ...{ mode: 'client', accept: '143', connect: ['mail.example:993', 'other.example:993'] },
        ...{ failover: 'prio', starttls: undefined, tls: { rejectUnauthorized: true } },
      },
    ]);
    assert.deepEqual(drains, [{ drain: undefined }]);
  });

  it('shows its status from before it listens until it has drained', async () => {
    const { code, output, done } = await tunnel([...ENDS, '--status', '9090']);
    assert.equal(code, 0);
    assert.match(output(), /\nstatus and metrics on 127\.0\.0\.1:9090\n$/);
    assert.deepEqual(done, [
      { status: { accept: '9090', anyAddress: undefined, version: '1' } },
      { listen: { retry: 0 } },
      'status closed',
    ]);
    const open = await tunnel([...ENDS, '--status', '0.0.0.0:9090', '--status-any-address', '--json']);
    assert.deepEqual(open.done[0], { status: { accept: '0.0.0.0:9090', anyAddress: true, version: '1' } });
    assert.match(open.output(), /^\{"event":"status","address":"127\.0\.0\.1:9090"\}$/m);
  });

  it('shows no status if it can not listen', async () => {
    const { code, done } = await tunnel([...ENDS, '--status', '9090'], { failure: new Error('taken') });
    assert.equal(code, 1);
    assert.equal(done.at(-1), 'status closed');
  });

  it('passes on what it is told about TLS', async () => {
    const { asked } = await tunnel([
      ...[...ENDS, '--starttls', 'imap', '--servername', 'imap.example', '--min-version', 'TLSv1.3'],
      ...['--certificate', 'client.example', '--store', 'LocalMachine\\MY', '--failover', 'rr'],
      ...['--allow-cn', 'a', 'b', '--max-connections', '5', '--drain', '5s'],
    ]);
    assert.deepEqual(asked, [
      {
        ...{ mode: 'client', accept: '143', connect: ['mail.example:993', 'other.example:993'] },
        ...{
          failover: 'rr',
          allow: { commonName: ['a', 'b'] },
          limits: { connections: 5 },
          starttls: 'imap',
        },
        tls: {
          ...{ servername: 'imap.example', minVersion: 'TLSv1.3', rejectUnauthorized: true },
          certificate: { dns: 'client.example', store: 'LocalMachine\\MY' },
        },
      },
    ]);
  });

  it('goes through proxies, and tells whose connection it is', async () => {
    const { asked } = await tunnel([
      ...[...ENDS, '--proxy', 'http://proxy:3128', '--proxy', 'socks5://user:secret@other'],
      ...['--proxy-protocol', '2', '--proxy-protocol-from', '10.0.0.7', 'fd00::/8'],
    ]);
    const [{ proxyProtocol, ...options } = assert.fail()] = asked;
    assert.deepEqual(proxyProtocol, { out: 2, in: ['10.0.0.7', 'fd00::/8'] });
    assert.deepEqual('through' in options && options.through, [
      { protocol: 'connect', host: 'proxy', port: 3128 },
      { protocol: 'socks5', host: 'other', port: 1080, user: 'user', password: 'secret' },
    ]);
  });

  it('is a server with a certificate of the store, and asks clients for theirs', async () => {
    const thumbprint = 'AA:'.repeat(19) + 'AA';
    const { asked } = await tunnel([
      ...['--server', '--accept', '993', '--connect', '143', '--certificate', thumbprint],
      ...['--client-certificates', 'optional', '--allow-cn', 'door'],
    ]);
    assert.deepEqual(asked, [
      {
        ...{ mode: 'server', accept: '993', connect: ['143'], failover: 'prio' },
        ...{ allow: { commonName: ['door'] }, certificateOptional: true },
        tls: { rejectUnauthorized: true, certificate: { thumbprint: 'AA'.repeat(20) }, requestCert: true },
      },
    ]);
  });

  it('is a server that clients ask for TLS', async () => {
    const { asked } = await tunnel([
      ...['--server', '--accept', '143', '--connect', '10143', '--certificate', 'mail.example'],
      ...['--starttls', 'imap', '--implicit-tls'],
    ]);
    assert.deepEqual(
      asked.map((options) => [options.starttls, 'implicitTls' in options && options.implicitTls]),
      [['imap', true]],
    );
  });

  it('is a server with a certificate of a file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tunnel-'));
    try {
      const authority = await TestAuthority.create('CN=tunnel files');
      const { cert, key } = await authority.issue();
      const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
      await writeFile(files.cert, cert);
      await writeFile(files.key, key);
      const { asked } = await tunnel([
        ...['--server', '--accept', '993', '--connect', '143', '--cert', files.cert, '--key', files.key],
      ]);
      const { tls } = asked[0] ?? assert.fail();
      assert.equal(String(tls?.cert as Buffer), cert);
      assert.equal(String(tls?.key as Buffer), key);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  for (const [args, says] of [
    [['--server', ...ENDS], /--certificate, or --cert and --key/],
    [
      ['--server', ...ENDS, '--certificate', 'x', '--starttls', 'nntp'],
      /is one of smtp, imap, pop3, ldap, postgres/,
    ],
    [[...ENDS, '--allow-exec'], /--allow-exec needs a file/],
    [[...ENDS, '--status-any-address'], /--status-any-address needs --status/],
    [['--server', ...ENDS, '--certificate', 'x', '--implicit-tls'], /--implicit-tls needs --starttls/],
    [[...ENDS, '--starttls', 'smtp', '--implicit-tls'], /is for --server/],
    [['--server', ...ENDS, '--certificate', 'x', '--servername', 'y'], /--servername .* not possible/],
    [['--server', ...ENDS, '--certificate', 'x', '--allow-cn', 'y'], /needs --client-certificates/],
    [[...ENDS, '--client-certificates', 'required'], /is for --server/],
    [['--server', ...ENDS, '--certificate', 'x', '--proxy', 'http://y'], /--proxy is not possible/],
    [[...ENDS, '--proxy', 'ftp://user:secret@y'], /--proxy: The address of a proxy must be/],
    [[...ENDS, '--proxy-protocol', '3'], /Allowed choices/],
    [[...ENDS, '--cert', 'x'], /belong together/],
    [[...ENDS, '--store', 'MY'], /is for --certificate/],
    [[...ENDS, '--starttls', 'ftp'], /Allowed choices/],
    [['--accept', '143'], /A file or --connect is required/],
    [[], /A file or --accept is required/],
    [[...ENDS, '--check'], /--check needs a file/],
    [[...ENDS, '--no-watch'], /--no-watch needs a file/],
    [['stunnel.conf', '--accept', '143'], /--accept is not possible with a file/],
    [['stunnel.conf', '--server'], /--server is not possible with a file/],
    [['stunnel.conf', '--ca', 'x.pem'], /--ca is not possible with a file/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, errors, asked } = await tunnel(args);
      assert.equal(code, 2);
      assert.match(errors(), says);
      assert.deepEqual(asked, []);
    });
  }

  it('complains about connections that fail, and about what needs attention', async () => {
    const { code, output, errors } = await tunnel(ENDS, {
      meanwhile: (made) => {
        made.emit('connection', CONNECTION);
        made.emit('refused', CONNECTION, new Error('no\x1b[2J trust'));
        made.emit('close', CONNECTION, null);
        made.emit('close', CONNECTION, new Error('reset'));
        made.emit('warning', new Error('careful'));
      },
    });
    assert.equal(code, 0);
    assert.equal(output().split('\n').length, 2);
    assert.deepEqual(errors().split('\n'), [
      'connection 7 from 127.0.0.1:50000: no?[2J trust',
      'connection 7 from 127.0.0.1:50000: reset',
      'careful',
      '',
    ]);
  });

  it('writes every event as a line of JSON', async () => {
    const { output, errors } = await tunnel([...ENDS, '--json'], {
      meanwhile: (made) => {
        made.emit('connection', CONNECTION);
        made.emit('refused', CONNECTION, Object.assign(new Error('no'), { code: 'ECONNRESET' }));
        made.emit('warning', new Error('careful'));
      },
    });
    const lines = output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines, [
      {
        ...{ ok: true, event: 'listening', tunnel: 'tunnel', accept: '127.0.0.1:143' },
        targets: ['mail.example:993', 'other.example:993'],
      },
      { event: 'connection', connection: CONNECTION },
      { event: 'refused', connection: CONNECTION, error: { code: 'ECONNRESET', message: 'no' } },
      { event: 'warning', error: { message: 'careful' } },
    ]);
    assert.equal(errors(), '');
  });

  describe('with a file', () => {
    const NOTICE: StunnelNotice = {
      level: 'warning',
      place: { file: 'stunnel.conf', line: 3, column: 1 },
      text: 'stunnel.conf:3: careful',
    };

    it('says of each tunnel where it listens, and to what it should pay attention', async () => {
      const { code, output, errors, done, drains } = await tunnel(['stunnel.conf', '--retry', '90s'], {
        names: ['imaps', 'smtps'],
        notices: [NOTICE],
      });
      assert.equal(code, 0);
      assert.deepEqual(output().split('\n'), [
        '[imaps] listening on 127.0.0.1:143 → mail.example:993, other.example:993',
        '[smtps] listening on 127.0.0.1:143 → mail.example:993, other.example:993',
        '',
      ]);
      assert.equal(errors(), 'warning: stunnel.conf:3: careful\n');
      assert.deepEqual(done, [
        { open: 'stunnel.conf', watch: true, passphrase: undefined, adapted: OF_FILE },
        { listen: { retry: 90_000 } },
      ]);
      assert.deepEqual(drains, [{ drain: undefined }]);
    });

    it('ends while it tries to listen', async () => {
      const { code, errors, drains } = await tunnel(['stunnel.conf', '--retry', '90s'], { isStuck: true });
      assert.deepEqual([code, errors()], [0, '']);
      assert.deepEqual(drains, [{ drain: 0 }]);
    });

    it('waits for nothing if it can not listen', async () => {
      const before = process.listenerCount('SIGINT');
      const { code } = await tunnel(['stunnel.conf'], { failure: new Error('taken') });
      assert.notEqual(code, 0);
      assert.equal(process.listenerCount('SIGINT'), before);
    });

    it('limits each tunnel, and leaves the file alone after the start, if it shall', async () => {
      const { done } = await tunnel(['stunnel.conf', '--max-connections', '5', '--no-watch']);
      assert.deepEqual(done[0], {
        ...{ open: 'stunnel.conf', watch: false, passphrase: undefined },
        adapted: { ...OF_FILE, limits: { connections: 5 } },
      });
    });

    it('allows the programs of the file, if it shall', async () => {
      const { done } = await tunnel(['stunnel.conf', '--allow-exec']);
      assert.equal((done[0] as { allowPrograms?: boolean }).allowPrograms, true);
    });

    it('writes its log into the file that the file names, or another one', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'tunnel-log-'));
      try {
        const [named, other] = [path.join(folder, 'named.log'), path.join(folder, 'other.log')];
        const lines = async (file: string): Promise<string> =>
          (await readFile(file, 'utf8')).replace(/^\S+Z /gm, '');
        const { output } = await tunnel(['stunnel.conf'], { notices: [NOTICE], process: { output: named } });
        assert.equal(await lines(named), `warning: stunnel.conf:3: careful\n${output()}`);
        await tunnel(['stunnel.conf', '--log', other], { process: { output: named, log: 'overwrite' } });
        assert.equal(await lines(other), output());
        await tunnel(['stunnel.conf', '--log', '-'], { process: { output: other } });
        await tunnel(['stunnel.conf', '--check'], { process: { output: other } });
        assert.equal(await lines(other), output());
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('only reads it, to check it', async () => {
      const { code, output, errors, done } = await tunnel(['stunnel.conf', '--check'], {
        notices: [NOTICE],
        names: ['a', 'b'],
      });
      assert.equal(code, 0);
      assert.equal(output(), 'right: 2 tunnels\n');
      assert.equal(errors(), 'warning: stunnel.conf:3: careful\n');
      assert.equal(done.length, 1);
    });

    it('writes what it means', async () => {
      const { code, output, done } = await tunnel(['stunnel.conf', '--print'], { notices: [NOTICE] });
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(output()), { process: {}, services: [], notices: [NOTICE] });
      assert.deepEqual(done, [{ plan: 'stunnel.conf' }]);
    });

    it('says what each reload comes to, and which tunnel a connection was of', async () => {
      const { output, errors } = await tunnel(['stunnel.conf'], {
        names: ['imaps', 'smtps'],
        meanwhile: (made) => {
          made.emit('reload', null);
          made.emit('reload', new Error('stunnel.conf:4: wrong'));
          made.emit('refused', { ...CONNECTION, tunnel: 'smtps' }, new Error('no trust'));
          made.emit('warning', new Error('careful'), 'imaps');
        },
      });
      assert.match(output(), /\nreloaded\n$/);
      assert.deepEqual(errors().split('\n'), [
        'not reloaded: stunnel.conf:4: wrong',
        '[smtps] connection 7 from 127.0.0.1:50000: no trust',
        '[imaps] careful',
        '',
      ]);
    });

    if (process.platform !== 'win32') {
      it('reads it again at a SIGHUP', async () => {
        const { done } = await tunnel(['stunnel.conf'], { meanwhile: () => void process.emit('SIGHUP') });
        assert.equal(done.at(-1), 'reload');
        assert.equal(process.listenerCount('SIGHUP'), 0);
      });
    }
  });

  it('writes the log of stunnel, as much as the file wants', async () => {
    const { code, output, errors } = await tunnel(['stunnel.conf', '--log-format', 'stunnel'], {
      process: { debug: 6 },
    });
    assert.equal(code, 0);
    assert.equal(output(), '');
    const lines = errors().split('\n');
    assert.match(lines[1] ?? '', / LOG6\[ui\]: Service \[tunnel\] bound to 127\.0\.0\.1:143$/);
    assert.match(lines[2] ?? '', / LOG6\[ui\]: Accepting new connections$/);
    assert.match(lines[3] ?? '', / LOG5\[ui\]: Terminated$/);
    const failure = new SchannelError('ERR_SCHANNEL_TUNNEL_CONFIG', 'stunnel.conf:1: wrong');
    const wrong = await tunnel(['stunnel.conf', '--log-format', 'stunnel'], { failure });
    assert.equal(wrong.code, 2);
    assert.match(wrong.errors(), /stunnel\.conf:1: wrong\n.* LOG3\[ui\]: Configuration failed\n$/);
    const both = await tunnel(['stunnel.conf', '--log-format', 'stunnel', '--json']);
    assert.equal(both.code, 2);
  });

  it('does not say that it listens if not all of its tunnels can', async () => {
    const failure = Object.assign(new Error('in use'), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
    const { code, output } = await tunnel(['stunnel.conf'], { failure, names: ['imaps', 'smtps'] });
    assert.deepEqual([code, output()], [14, '']);
  });

  it('says by its exit code that a file is wrong', async () => {
    const failure = Object.assign(new Error('x'), { code: 'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED' });
    const { code } = await tunnel(['stunnel.conf'], { failure });
    assert.equal(code, 2);
  });

  it('says by its exit code that connections were cut off', async () => {
    const { code, errors } = await tunnel(ENDS, { cutOff: 3 });
    assert.equal(code, 15);
    assert.equal(errors(), '3 connections were cut off\n');
  });

  it('says by its exit code that it can not listen', async () => {
    const failure = Object.assign(new Error('in use'), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
    const { code, errors } = await tunnel(ENDS, { failure });
    assert.equal(code, 14);
    assert.match(errors(), /in use/);
  });
});
