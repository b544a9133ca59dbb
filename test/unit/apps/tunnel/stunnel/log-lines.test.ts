import assert from 'node:assert/strict';
import type { ConnectionFacts, TlsFacts } from '#lib/apps/tunnel/passage.js';
import { linesOf, logText, type Said } from '#lib/apps/tunnel/stunnel/log-lines.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';

const connection = (facts: Partial<ConnectionFacts> = {}): ConnectionFacts => ({
  id: 1,
  tunnel: 'imaps',
  from: '127.0.0.1:50312',
  since: new Date(0),
  state: 'connecting',
  target: null,
  source: null,
  redirected: false,
  tls: null,
  bytesToTls: 0,
  bytesFromTls: 0,
  ...facts,
});

const tls = (facts: Partial<TlsFacts> = {}): TlsFacts => ({
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  resumed: false,
  servername: null,
  subject: null,
  thumbprint: null,
  verified: false,
  ...facts,
});

const reached = { target: 'mail.example:993', source: '192.0.2.1:50314' };

const texts = (said: Said): string[] => linesOf(said).map(({ level, text }) => `${level} ${text}`);

const failed = (code: 'ERR_SCHANNEL_TUNNEL_LIMIT' | 'ERR_SCHANNEL_TUNNEL_CONNECT'): SchannelError =>
  new SchannelError(code, 'It failed');

const refused = (error: Error, facts: Partial<ConnectionFacts> = {}): string[] =>
  texts({ event: 'refused', connection: connection(facts), error });

const OVER = '5 Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket';

describe('apps/tunnel/stunnel/log-lines', () => {
  it('writes a line with the local time, its level and what it is about', () => {
    const now = new Date(2026, 10, 3, 4, 5, 6);
    assert.equal(
      logText({ level: 6, text: 'Accepting new connections' }, 'ui', now),
      '2026.11.03 04:05:06 LOG6[ui]: Accepting new connections',
    );
  });

  it('says how the start went', () => {
    const place = { file: 'stunnel.conf', line: 3, column: 1 };
    assert.deepEqual(
      texts({
        event: 'configured',
        notices: [
          { level: 'warning', place, text: 'stunnel.conf:3: not verified' },
          { level: 'notice', place, text: 'stunnel.conf:3: no effect' },
        ],
      }),
      ['4 stunnel.conf:3: not verified', '5 stunnel.conf:3: no effect', '5 Configuration successful'],
    );
    assert.deepEqual(texts({ event: 'listening', tunnel: 'imaps', accept: '127.0.0.1:143' }), [
      '6 Service [imaps] bound to 127.0.0.1:143',
    ]);
    assert.deepEqual(texts({ event: 'accepting' }), ['6 Accepting new connections']);
    assert.deepEqual(texts({ event: 'status', address: '127.0.0.1:9' }), [
      '5 Status and metrics on 127.0.0.1:9',
    ]);
    assert.deepEqual(texts({ event: 'ended' }), ['5 Terminated']);
  });

  it('says why it can not start', () => {
    const error = new SchannelError('ERR_SCHANNEL_TUNNEL_CONFIG', 'stunnel.conf:1: No', { advice: 'Do it.' });
    assert.deepEqual(texts({ event: 'misconfigured', error }), [
      '3 stunnel.conf:1: No',
      '3 Do it.',
      '3 Configuration failed',
    ]);
    assert.deepEqual(texts({ event: 'unbound', tunnel: 'imaps', error: new Error('In use') }), [
      '5 Binding service [imaps]: In use',
    ]);
    assert.deepEqual(texts({ event: 'unusable', tunnel: 'imaps' }), ['3 Binding service [imaps] failed']);
  });

  it('follows a connection of a client', () => {
    assert.deepEqual(texts({ event: 'connection', connection: connection() }), [
      '5 Service [imaps] accepted connection from 127.0.0.1:50312',
    ]);
    assert.deepEqual(texts({ event: 'connected', connection: connection(reached) }), [
      '5 s_connect: connected mail.example:993',
      '5 Service [imaps] connected remote server from 192.0.2.1:50314',
    ]);
    const facts = tls({ subject: 'CN=mail.example', verified: true, resumed: true });
    assert.deepEqual(texts({ event: 'secure', connection: connection({ ...reached, tls: facts }) }), [
      '6 Certificate accepted at depth=0: CN=mail.example',
      '6 TLS connected: previous session reused',
      '6 TLSv1.3 ciphersuite: TLS_AES_256_GCM_SHA384',
    ]);
    assert.deepEqual(texts({ event: 'open', connection: connection() }), []);
    const over = connection({ ...reached, tls: facts, bytesToTls: 7, bytesFromTls: 8 });
    assert.deepEqual(texts({ event: 'close', connection: over, error: null }), [
      '5 Connection closed: 7 byte(s) sent to TLS, 8 byte(s) sent to socket',
    ]);
    assert.deepEqual(texts({ event: 'close', connection: over, error: new Error('Cut off') }), [
      '3 Cut off',
      '5 Connection reset: 7 byte(s) sent to TLS, 8 byte(s) sent to socket',
    ]);
  });

  it('follows a connection of a server', () => {
    const facts = tls({ servername: 'b.example' });
    assert.deepEqual(texts({ event: 'secure', connection: connection({ tls: facts }) }), [
      '6 SNI: requested servername: b.example',
      '6 No peer certificate received',
      '6 TLS accepted: new session negotiated',
      '6 TLSv1.3 ciphersuite: TLS_AES_256_GCM_SHA384',
    ]);
    // One that is not verified is not accepted for what it says.
    const shown = connection({ tls: tls({ subject: 'CN=door' }) });
    assert.deepEqual(texts({ event: 'secure', connection: shown }).slice(0, 1), [
      '6 TLS accepted: new session negotiated',
    ]);
    const sent = connection({ ...reached, tls: facts, redirected: true });
    assert.deepEqual(texts({ event: 'connected', connection: sent }), [
      '5 Redirecting connection',
      '5 s_connect: connected mail.example:993',
      '5 Service [imaps] connected remote server from 192.0.2.1:50314',
    ]);
  });

  it('says what a target or a limit came to', () => {
    assert.deepEqual(refused(failed('ERR_SCHANNEL_TUNNEL_CONNECT')), [
      '3 s_connect: It failed',
      '3 No more addresses to connect',
      OVER,
    ]);
    assert.deepEqual(refused(failed('ERR_SCHANNEL_TUNNEL_CONNECT'), { redirected: true, tls: tls() }), [
      '5 Redirecting connection',
      '3 s_connect: It failed',
      '3 No more addresses to connect',
      OVER,
    ]);
    assert.deepEqual(refused(failed('ERR_SCHANNEL_TUNNEL_LIMIT')), [
      '4 Connection rejected: It failed',
      OVER,
    ]);
  });

  it('has the words of OpenSSL for a handshake that failed', () => {
    const alert = (name: string, direction: 'sent' | 'received') => ({ description: 1, name, direction });
    const verify = { phase: 'verify', alert: alert('unknown_ca', 'sent') } as const;
    const untrusted = new SchannelError('SELF_SIGNED_CERT_IN_CHAIN', 'Not trusted', verify);
    assert.deepEqual(refused(untrusted), ['3 SSL_accept: certificate verify failed: Not trusted', OVER]);
    assert.deepEqual(refused(untrusted, reached), [
      '3 SSL_connect: certificate verify failed: Not trusted',
      OVER,
    ]);
    const missing = new SchannelError('ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED', 'None', {
      phase: 'verify',
      alert: alert('certificate_required', 'sent'),
    });
    assert.deepEqual(refused(missing)[0], '3 SSL_accept: peer did not return a certificate: None');
    const theirs = new SchannelError('ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE', 'Refused', {
      phase: 'handshake',
      alert: alert('certificate_unknown', 'received'),
    });
    assert.deepEqual(refused(theirs, reached)[0], '3 SSL_connect: alert certificate unknown: Refused');
    const other = new Error('Closed');
    assert.deepEqual(refused(other)[0], '3 SSL_accept: Closed');
  });

  it('has these words also for a certificate that is not among those allowed', () => {
    const error = new SchannelError('ERR_SCHANNEL_TUNNEL_NOT_ALLOWED', 'Not allowed', { phase: 'verify' });
    const shown = tls({ subject: 'CN=door' });
    assert.deepEqual(
      refused(error, { tls: shown })[0],
      '3 SSL_accept: certificate verify failed: Not allowed',
    );
    assert.deepEqual(
      refused(error, { tls: tls() })[0],
      '3 SSL_accept: peer did not return a certificate: Not allowed',
    );
    // What goes wrong after it is something else.
    assert.deepEqual(refused(new Error('Closed'), { tls: shown })[0], '3 Closed');
  });

  it('reports certificates and warnings', () => {
    assert.deepEqual(texts({ event: 'certificate', tunnel: 'imaps', subject: 'CN=a' }), [
      '5 Service [imaps] shows another certificate: CN=a',
    ]);
    const error = new Error('Careful');
    assert.deepEqual(texts({ event: 'warning', tunnel: 'imaps', error }), ['4 Service [imaps]: Careful']);
    assert.deepEqual(texts({ event: 'warning', tunnel: '', error }), ['4 Careful']);
  });

  it('lets nobody forge a line', () => {
    const facts = tls({ servername: 'a\n2026.11.03 04:05:06 LOG5[0]: Configuration successful' });
    for (const text of texts({ event: 'secure', connection: connection({ tls: facts }) })) {
      assert.doesNotMatch(text, /\n/);
    }
    const error = new Error('a\r\nb\u001b[2J');
    assert.deepEqual(texts({ event: 'warning', tunnel: '', error }), ['4 a / b?[2J']);
  });
});
