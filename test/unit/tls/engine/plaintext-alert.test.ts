import assert from 'node:assert/strict';
import { alertDetails } from '#lib/base/errors/alerts.js';
import { alertIn, alertRecord, lastAlertIn } from '#lib/tls/engine/plaintext-alert.js';
import { alertRecord as written, dataRecord, handshakeRecord, record } from '../../../support/records.js';

describe('tls/engine/plaintext-alert', () => {
  it('writes a fatal alert', () => {
    assert.deepEqual(Buffer.from(alertRecord(40)), written(40, 'fatal'));
  });

  it('reads a fatal one, and close_notify of either level', () => {
    assert.deepEqual(alertIn(written(48), 'sent'), alertDetails(48, 'sent'));
    assert.deepEqual(alertIn(written(0, 'warning'), 'received'), alertDetails(0, 'received'));
    assert.deepEqual(alertIn(written(0, 'fatal'), 'received'), alertDetails(0, 'received'));
  });

  it('reads no warning, no sealed alert and no other record', () => {
    assert.equal(alertIn(written(112, 'warning'), 'received'), null);
    assert.equal(alertIn(record(21, 'a sealed alert'), 'received'), null);
    assert.equal(alertIn(handshakeRecord('hello'), 'received'), null);
  });

  it('finds the last of several', () => {
    const flight = Buffer.concat([handshakeRecord('hello'), written(40), written(48), dataRecord('data')]);
    assert.deepEqual(lastAlertIn(flight), alertDetails(48, 'received'));
    assert.equal(lastAlertIn(handshakeRecord('hello')), null);
  });
});
