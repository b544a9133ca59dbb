import assert from 'node:assert/strict';
import { alertDetails } from '#lib/base/errors/alerts.js';
import type { Rejection } from '#lib/base/errors/rejection.js';
import type { SchannelError } from '#lib/base/errors/schannel-error.js';
import * as faults from '#lib/tls/engine/faults.js';

describe('tls/engine/faults', () => {
  const rows: readonly (readonly [
    string,
    Rejection<SchannelError>,
    string,
    number | null,
    'handshake' | 'data',
  ])[] = [
    [
      'notTls',
      faults.notTls(Buffer.from('SSH-2.0-x'), 'client'),
      'ERR_SCHANNEL_PEER_NOT_TLS',
      null,
      'handshake',
    ],
    [
      'badRecord',
      faults.badRecord('not-tls', Buffer.from('HTTP/1.1'), 'data'),
      'ERR_SCHANNEL_PEER_RECORD_INVALID',
      10,
      'data',
    ],
    [
      'badRecord (too long)',
      faults.badRecord('too-long', Buffer.alloc(5), 'handshake'),
      'ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
      22,
      'handshake',
    ],
    [
      'handshakeTooLarge',
      faults.handshakeTooLarge(7),
      'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE',
      22,
      'handshake',
    ],
    [
      'tooManyRenegotiations',
      faults.tooManyRenegotiations(3),
      'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      100,
      'data',
    ],
    ['flood', faults.flood('records'), 'ERR_SCHANNEL_PEER_FLOOD', 10, 'data'],
  ];

  for (const [name, fault, code, alert, phase] of rows) {
    it(`${name}: code, phase and alert`, () => {
      assert.equal(fault.error.code, code);
      assert.equal(fault.error.phase, phase);
      assert.equal(fault.alert, alert);
      assert.deepEqual(fault.error.alert, alert === null ? undefined : alertDetails(alert, 'sent'));
    });
  }

  it('says what came in place of TLS, and what to do', () => {
    const { error } = faults.notTls(Buffer.from('220 mx ESMTP Postfix\r\n'), 'client');
    assert.match(
      error.message,
      /not answer with TLS \(wrong version number\) but with an SMTP greeting.*220 mx ESMTP Postfix/,
    );
    assert.match(error.advice ?? '', /STARTTLS/);
    const inside = faults.badRecord('not-tls', Buffer.from('HTTP/1.1 408'), 'data');
    assert.match(inside.error.message, /in place of a TLS record, an HTTP response/);
  });

  it('names the limit that was reached', () => {
    assert.match(faults.handshakeTooLarge(1234).error.message, /1234 bytes/);
    assert.match(faults.tooManyRenegotiations(3).error.message, /3 renegotiations/);
    assert.match(faults.tooManyRenegotiations(0).error.message, /which is not allowed/);
    assert.match(faults.flood('records without data').error.message, /records without data/);
  });

  it('gives an end within the handshake as node:tls does, with the alert that came before', () => {
    const plain = faults.closedInHandshake(null);
    assert.equal(plain.code, 'ECONNRESET');
    assert.equal(plain.alert, undefined);
    const alert = alertDetails(40, 'received');
    assert.deepEqual(faults.closedInHandshake(alert).alert, alert);
  });

  it('names the other side', () => {
    assert.match(
      faults.notTls(Buffer.from('GET / HTTP/1.1'), 'server').error.message,
      /^the client did not begin with TLS but with an HTTP request/,
    );
    const left = faults.closedInHandshake(null, 'server');
    assert.deepEqual([left.code, left.message], ['ECONNRESET', 'socket hang up']);
    assert.match(left.advice ?? '', /client/);
  });

  it('says where the stream was cut', () => {
    const error = faults.truncated('in the middle of a TLS record');
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_TRUNCATED');
    assert.equal(error.message, 'the connection ended in the middle of a TLS record');
  });
});
