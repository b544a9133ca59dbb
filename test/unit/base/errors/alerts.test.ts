import assert from 'node:assert/strict';
import {
  Alert,
  ALERT_TABLE,
  alertDetails,
  alertName,
  alertsOfStatus,
  statusOfAlert,
} from '#lib/base/errors/alerts.js';
import { describeStatus, statusName } from '#lib/base/errors/status-table.js';

describe('base/errors/alerts', () => {
  it('names the alerts of RFC 8446 section 6 by their numbers', () => {
    const expected: readonly (readonly [number, string])[] = [
      [0, 'close_notify'],
      [10, 'unexpected_message'],
      [20, 'bad_record_mac'],
      [22, 'record_overflow'],
      [40, 'handshake_failure'],
      [42, 'bad_certificate'],
      [43, 'unsupported_certificate'],
      [44, 'certificate_revoked'],
      [45, 'certificate_expired'],
      [46, 'certificate_unknown'],
      [47, 'illegal_parameter'],
      [48, 'unknown_ca'],
      [49, 'access_denied'],
      [50, 'decode_error'],
      [51, 'decrypt_error'],
      [70, 'protocol_version'],
      [71, 'insufficient_security'],
      [80, 'internal_error'],
      [86, 'inappropriate_fallback'],
      [90, 'user_canceled'],
      [109, 'missing_extension'],
      [110, 'unsupported_extension'],
      [112, 'unrecognized_name'],
      [113, 'bad_certificate_status_response'],
      [115, 'unknown_psk_identity'],
      [116, 'certificate_required'],
      [120, 'no_application_protocol'],
    ];
    for (const [description, name] of expected) assert.equal(alertName(description), name);
    assert.equal(alertName(99), 'alert_99');
  });

  it('has a constant for each alert, named as in the RFC', () => {
    const constants = Object.entries(Alert).map(([name, description]) => ({
      description,
      name: name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase(),
    }));
    assert.deepEqual(
      constants,
      ALERT_TABLE.map(({ description, name }) => ({ description, name })),
    );
  });

  it('has each number and each name once, and a status that the status table knows', () => {
    assert.equal(new Set(ALERT_TABLE.map((entry) => entry.description)).size, ALERT_TABLE.length);
    assert.equal(new Set(ALERT_TABLE.map((entry) => entry.name)).size, ALERT_TABLE.length);
    for (const { status, name } of ALERT_TABLE) assert.notEqual(describeStatus(status), null, name);
  });

  it('maps alerts to statuses as Schannel documents it', () => {
    const expected: readonly (readonly [number, string])[] = [
      [10, 'SEC_E_ILLEGAL_MESSAGE'],
      [20, 'SEC_E_MESSAGE_ALTERED'],
      [21, 'SEC_E_DECRYPT_FAILURE'],
      [22, 'SEC_E_ILLEGAL_MESSAGE'],
      [30, 'SEC_E_MESSAGE_ALTERED'],
      [40, 'SEC_E_ILLEGAL_MESSAGE'],
      [42, 'SEC_E_CERT_UNKNOWN'],
      [43, 'SEC_E_CERT_UNKNOWN'],
      [44, 'CRYPT_E_REVOKED'],
      [45, 'SEC_E_CERT_EXPIRED'],
      [46, 'SEC_E_CERT_UNKNOWN'],
      [47, 'SEC_E_ILLEGAL_MESSAGE'],
      [48, 'SEC_E_UNTRUSTED_ROOT'],
      [49, 'SEC_E_LOGON_DENIED'],
      [50, 'SEC_E_ILLEGAL_MESSAGE'],
      [51, 'SEC_E_DECRYPT_FAILURE'],
      [70, 'SEC_E_UNSUPPORTED_FUNCTION'],
      [71, 'SEC_E_ALGORITHM_MISMATCH'],
      [80, 'SEC_E_INTERNAL_ERROR'],
      [90, 'SEC_E_UNFINISHED_CONTEXT_DELETED'],
      [100, 'SEC_E_ILLEGAL_MESSAGE'],
      [110, 'SEC_E_ILLEGAL_MESSAGE'],
    ];
    for (const [description, name] of expected) assert.equal(statusName(statusOfAlert(description)), name);
    assert.equal(statusName(statusOfAlert(250)), 'SEC_E_ILLEGAL_MESSAGE');
  });

  it('names the alerts that may be behind a status', () => {
    assert.deepEqual(
      alertsOfStatus(0x80090325).map((entry) => entry.name),
      ['unknown_ca'],
    );
    assert.deepEqual(
      alertsOfStatus(0x80090327 | 0).map((entry) => entry.description),
      [42, 43, 46],
    );
    assert.deepEqual(alertsOfStatus(0x80090308), []);
  });

  it('describes an alert as errors carry it', () => {
    assert.deepEqual(alertDetails(48, 'received'), {
      description: 48,
      name: 'unknown_ca',
      direction: 'received',
    });
  });
});
