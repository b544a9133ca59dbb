import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { StunnelTeller } from '#lib/cli/commands/tunnel/stunnel-teller.js';
import type { StunnelNotice, Tunnels } from '#lib/tunnel.js';
import { capturedIO } from '../../../../support/captured-io.js';

const EVERYTHING = 7;

const notice: StunnelNotice = {
  level: 'notice',
  place: { file: 'stunnel.conf', line: 1, column: 1 },
  text: 'stunnel.conf:1: fine',
};

function start(level?: number) {
  const io = capturedIO();
  const teller = new StunnelTeller(io);
  const addresses = [
    { name: 'imaps', accept: '127.0.0.1:143' },
    { name: 'smtps', accept: '127.0.0.1:465' },
  ];
  const tunnels = Object.assign(new EventEmitter(), { status: () => ({ tunnels: addresses }) });
  teller.listenTo(tunnels as unknown as Tunnels);
  teller.configured(() => [notice], level);
  /** Without the time. */
  const lines = (): string[] =>
    io
      .errors()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^[\d.]{10} [\d:]{8} /, ''));
  return { io, teller, tunnels, lines, addresses };
}

const connection = (tunnel: string, id: number) => ({ tunnel, id, from: `127.0.0.1:${50_000 + id}` });

describe('cli/commands/tunnel/stunnel-teller', () => {
  it('writes a line for each address, and when all listen', () => {
    const { io, teller, tunnels, lines, addresses } = start(EVERYTHING);
    for (const each of addresses) tunnels.emit('listening', each);
    teller.ready();
    teller.ended();
    assert.deepEqual(lines(), [
      'LOG5[ui]: stunnel.conf:1: fine',
      'LOG5[ui]: Configuration successful',
      'LOG6[ui]: Service [imaps] bound to 127.0.0.1:143',
      'LOG6[ui]: Service [smtps] bound to 127.0.0.1:465',
      'LOG6[ui]: Accepting new connections',
      'LOG5[ui]: Terminated',
    ]);
    assert.match(io.errors(), /^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d LOG5/);
    assert.equal(io.output(), '');
  });

  it('leaves out what the file does not want to know', () => {
    for (const [level, expected] of [
      [undefined, 2],
      [4, 0],
    ] as const) {
      const { tunnels, teller, lines, addresses } = start(level);
      tunnels.emit('listening', addresses[0]);
      teller.ready();
      assert.equal(lines().length, expected);
    }
  });

  it('lists every address after a reload, once, or says why nothing has changed', () => {
    const { teller, tunnels, lines, addresses } = start(EVERYTHING);
    teller.ready();
    const before = lines().length;
    tunnels.emit('listening', addresses[1]);
    tunnels.emit('reload', null);
    tunnels.emit('reload', new Error('stunnel.conf:4: wrong'));
    assert.deepEqual(lines().slice(before), [
      'LOG5[ui]: stunnel.conf:1: fine',
      'LOG5[ui]: Configuration successful',
      'LOG6[ui]: Service [imaps] bound to 127.0.0.1:143',
      'LOG6[ui]: Service [smtps] bound to 127.0.0.1:465',
      'LOG3[ui]: stunnel.conf:4: wrong',
      'LOG3[ui]: Configuration failed',
    ]);
  });

  it('counts the connections of all tunnels together', () => {
    const { tunnels, lines } = start();
    tunnels.emit('connection', connection('imaps', 1));
    tunnels.emit('connection', connection('smtps', 1));
    tunnels.emit('close', { ...connection('imaps', 1), bytesToTls: 1, bytesFromTls: 2 }, null);
    tunnels.emit('connection', connection('imaps', 2));
    assert.deepEqual(lines().slice(2), [
      'LOG5[0]: Service [imaps] accepted connection from 127.0.0.1:50001',
      'LOG5[1]: Service [smtps] accepted connection from 127.0.0.1:50001',
      'LOG5[0]: Connection closed: 1 byte(s) sent to TLS, 2 byte(s) sent to socket',
      'LOG5[2]: Service [imaps] accepted connection from 127.0.0.1:50002',
    ]);
  });

  it('says which service could not listen', () => {
    const { teller, tunnels, lines } = start();
    const error = new SchannelError('ERR_SCHANNEL_TUNNEL_LISTEN', 'In use');
    tunnels.emit('unbound', 'imaps', error);
    assert.equal(teller.failed(error), true);
    assert.deepEqual(lines().slice(2), [
      'LOG5[ui]: Binding service [imaps]: In use',
      'LOG3[ui]: Binding service [imaps] failed',
    ]);
  });

  it('reports certificates, warnings, the status page and cut off connections', () => {
    const { teller, tunnels, lines } = start();
    tunnels.emit('certificate', { current: { subject: 'CN=a' } }, 'imaps');
    tunnels.emit('warning', new Error('careful'), 'imaps');
    teller.status('127.0.0.1:9090');
    teller.complain('2 connections were cut off');
    assert.deepEqual(lines().slice(2), [
      'LOG5[ui]: Service [imaps] shows another certificate: CN=a',
      'LOG4[ui]: Service [imaps]: careful',
      'LOG5[ui]: Status and metrics on 127.0.0.1:9090',
      'LOG4[ui]: 2 connections were cut off',
    ]);
  });
});
