import assert from 'node:assert/strict';
import type { TunnelOptions } from '#lib/apps/tunnel/options.js';
import { parseTunnelOptions } from '#lib/apps/tunnel/settings.js';

const CLIENT = { mode: 'client', accept: 143, connect: 'mail.example:993' } as const;
const SERVER = { mode: 'server', accept: 993, connect: 143, tls: { cert: 'x' } } as const;

describe('apps/tunnel/settings', () => {
  it('has a client listen on loopback, and a server everywhere', () => {
    assert.deepEqual(parseTunnelOptions(CLIENT).accept, { host: '127.0.0.1', port: 143 });
    assert.deepEqual(parseTunnelOptions(SERVER).accept, { host: '::', port: 993 });
  });

  it('fills in what is not said', () => {
    const { timeouts, limits, buffer, reset, allowTruncation } = parseTunnelOptions({
      ...CLIENT,
      timeouts: { idle: 5 },
      limits: { handshakes: 7 },
    });
    assert.deepEqual(timeouts, {
      ...{ connect: 10_000, handshake: 120_000, busy: 300_000, idle: 5 },
      ...{ close: 60_000, lifetime: 0 },
    });
    assert.deepEqual(limits, { connections: 10_000, handshakes: 7, perAddress: 7 });
    assert.deepEqual([buffer, reset, allowTruncation], [65_536, true, false]);
  });

  for (const [what, options, code] of [
    ['no options', null, 'ERR_INVALID_ARG_TYPE'],
    ['another mode', { ...CLIENT, mode: 'both' }, 'ERR_INVALID_ARG_VALUE'],
    ['no target', { ...CLIENT, connect: [] }, 'ERR_INVALID_ARG_VALUE'],
    ['another order', { ...CLIENT, failover: 'random' }, 'ERR_INVALID_ARG_VALUE'],
    ['STARTTLS for FTP', { ...CLIENT, starttls: 'ftp' }, 'ERR_INVALID_ARG_VALUE'],
    ['Remote Desktop', { ...CLIENT, starttls: 'rdp' }, 'ERR_INVALID_ARG_VALUE'],
    ['SQL Server', { ...CLIENT, starttls: 'tds' }, 'ERR_INVALID_ARG_VALUE'],
    ['a pipe as the target without a name', { ...CLIENT, connect: '\\\\.\\pipe\\x' }, 'ERR_MISSING_ARGS'],
    ['an unknown time', { ...CLIENT, timeouts: { idel: 5 } }, 'ERR_INVALID_ARG_VALUE'],
    ['a negative time', { ...CLIENT, timeouts: { idle: -1 } }, 'ERR_OUT_OF_RANGE'],
    ['no connections', { ...CLIENT, limits: { connections: 0 } }, 'ERR_OUT_OF_RANGE'],
    ['a source that is no address', { ...CLIENT, localAddress: 'eth0' }, 'ERR_INVALID_ARG_VALUE'],
    ['a reset that is no boolean', { ...CLIENT, reset: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    ['a server without TLS', { ...SERVER, tls: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['a server without a certificate', { ...SERVER, tls: {} }, 'ERR_MISSING_ARGS'],
    ['STARTTLS that a server does not know', { ...SERVER, starttls: 'ftp' }, 'ERR_INVALID_ARG_VALUE'],
    [
      'implicitTls that is no boolean',
      { ...SERVER, starttls: 'smtp', implicitTls: 200 },
      'ERR_INVALID_ARG_TYPE',
    ],
    ['implicitTls without STARTTLS', { ...SERVER, implicitTls: true }, 'ERR_INVALID_ARG_VALUE'],
    [
      'another target for clients that are greeted before they are known',
      { ...SERVER, starttls: 'imap', tls: { cert: 'x', requestCert: true }, redirect: 80 },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a route with a target for such clients',
      { ...SERVER, starttls: 'smtp', routes: { 'b.example': { connect: 26 } } },
      'ERR_INVALID_ARG_VALUE',
    ],
    ['rules without certificates', { ...SERVER, allow: { commonName: 'x' } }, 'ERR_INVALID_ARG_VALUE'],
    ['a redirection without certificates', { ...SERVER, redirect: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [
      'rules of a route without certificates',
      { ...SERVER, routes: { a: { allow: { commonName: 'x' } } } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a demand of a route that is no boolean',
      { ...SERVER, routes: { a: { requestCert: 'yes' } } },
      'ERR_INVALID_ARG_TYPE',
    ],
    [
      'rules of a route that asks for no certificates',
      {
        ...SERVER,
        tls: { cert: 'x', requestCert: true },
        routes: { a: { requestCert: false, allow: { commonName: 'x' } } },
      },
      'ERR_INVALID_ARG_VALUE',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseTunnelOptions(options as unknown as TunnelOptions), { code });
    });
  }
});
