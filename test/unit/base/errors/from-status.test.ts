import assert from 'node:assert/strict';
import { ALERT_TABLE, alertDetails } from '#lib/base/errors/alerts.js';
import { SCHANNEL_ERROR_CODES } from '#lib/base/errors/codes.js';
import { errorFromNative, errorFromStatus } from '#lib/base/errors/from-status.js';
import { type ErrorPhase, SchannelError } from '#lib/base/errors/schannel-error.js';
import { STATUS_TABLE } from '#lib/base/errors/status-table.js';

const ISC = 'InitializeSecurityContextW';
const codeOf = (status: number, phase: ErrorPhase): string =>
  errorFromStatus({ status, syscall: ISC, phase }).code;

describe('base/errors/from-status', () => {
  it('carries status, name, syscall, phase and advice', () => {
    const error = errorFromStatus({ status: 0x80090331 | 0, syscall: ISC, phase: 'handshake' });
    assert.ok(error instanceof SchannelError);
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
    assert.equal(error.status, 0x80090331);
    assert.equal(error.statusName, 'SEC_E_ALGORITHM_MISMATCH');
    assert.equal(error.syscall, ISC);
    assert.equal(error.phase, 'handshake');
    assert.match(error.advice ?? '', /cipher suites/);
    assert.equal('alert' in error, false);
    assert.equal(
      error.message,
      'The TLS handshake failed: The two sides have no protocol version, cipher suite or signature algorithm in common ' +
        '[InitializeSecurityContextW: SEC_E_ALGORITHM_MISMATCH 0x80090331]',
    );
  });

  it('lets the alert of the peer decide, since several alerts share one status', () => {
    const cases: readonly (readonly [number, string])[] = [
      [40, 'ERR_SCHANNEL_PEER_ALERT'],
      [42, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
      [48, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
      [70, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'],
      [116, 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED'],
      [120, 'ERR_SCHANNEL_PEER_ALPN'],
      [99, 'ERR_SCHANNEL_PEER_ALERT'],
    ];
    for (const [description, code] of cases) {
      const alert = alertDetails(description, 'received');
      const error = errorFromStatus({ status: 0x80090326, syscall: ISC, phase: 'handshake', alert });
      assert.equal(error.code, code, alert.name);
      assert.deepEqual(error.alert, alert);
      assert.ok(error.message.includes(`${alert.name} (${String(description)})`), error.message);
    }
  });

  it('keeps an alert that we sent without letting it accuse the peer of having sent it', () => {
    const alert = alertDetails(48, 'sent');
    const error = errorFromStatus({ status: 0x80090326, syscall: ISC, phase: 'handshake', alert });
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE');
    assert.deepEqual(error.alert, alert);
    assert.doesNotMatch(error.message, /the peer sent the alert/);
  });

  it('infers the alert behind a status that only one alert can cause (TLS 1.3 hides it)', () => {
    const error = errorFromStatus({ status: 0x80090325, syscall: 'DecryptMessage', phase: 'data' });
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE');
    assert.deepEqual(error.alert, alertDetails(48, 'received'));
    assert.equal(errorFromStatus({ status: 0x80090327, syscall: ISC, phase: 'data' }).alert, undefined);
    assert.equal(errorFromStatus({ status: 0x80090325, syscall: ISC, phase: 'credential' }).alert, undefined);
  });

  it('blames this machine, not a peer, for what happens before there is one', () => {
    assert.equal(codeOf(0x80090331, 'credential'), 'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED');
    assert.equal(codeOf(0x80090300, 'credential'), 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
    assert.equal(codeOf(0x8009030d, 'credential'), 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
    for (const { status } of STATUS_TABLE) assert.doesNotMatch(codeOf(status, 'credential'), /PEER/);
  });

  it("reads a peer's refusal of the protocol from SEC_E_UNSUPPORTED_FUNCTION, but only during the handshake", () => {
    assert.equal(codeOf(0x80090302, 'handshake'), 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
    assert.equal(codeOf(0x80090302, 'data'), 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED');
  });

  it('gives every status and every alert a code from the list', () => {
    const phases: readonly ErrorPhase[] = [
      'credential',
      'connect',
      'starttls',
      'handshake',
      'verify',
      'data',
      'close',
    ];
    for (const phase of phases) {
      for (const { status } of STATUS_TABLE) assert.ok(codeOf(status, phase) in SCHANNEL_ERROR_CODES);
    }
    for (const { description, status } of ALERT_TABLE) {
      const alert = alertDetails(description, 'received');
      const { code } = errorFromStatus({ status, syscall: ISC, phase: 'handshake', alert });
      assert.ok(code in SCHANNEL_ERROR_CODES);
    }
  });

  it('says that a status has no name', () => {
    const error = errorFromStatus({ status: 0xdeadbeef, syscall: 'Some', phase: 'data' });
    assert.equal(error.code, 'ERR_SCHANNEL_SYSTEM_FAILURE');
    assert.equal(error.statusName, '0xdeadbeef');
    assert.match(error.message, /\[Some: 0xdeadbeef\]$/);
  });

  it('turns what native code throws into its own error and leaves the rest alone', () => {
    const thrown = Object.assign(new Error('native'), { status: 0x80090301, syscall: 'EncryptMessage' });
    const error = errorFromNative(thrown, 'data');
    assert.ok(error instanceof SchannelError);
    assert.equal(error.code, 'ERR_SCHANNEL_USAGE_CLOSED');
    assert.equal(error.cause, thrown);
    const busy = Object.assign(new Error('native'), { status: 0x800700aa, syscall: 'session is busy' });
    assert.equal((errorFromNative(busy, 'data') as SchannelError).code, 'ERR_SCHANNEL_USAGE_BUSY');
    const explained = new SchannelError('ERR_SCHANNEL_SYSTEM_CREDENTIAL', 'no', {
      status: 0x8009030d,
      syscall: ISC,
      advice: 'why',
    });
    assert.equal(errorFromNative(explained, 'data'), explained, 'said already');
    const other = new TypeError('something else');
    assert.equal(errorFromNative(other, 'data'), other);
    assert.equal(errorFromNative('text', 'data'), 'text');
  });

  it('means the store or the key by the same Windows status', () => {
    const cases: readonly (readonly [number, ErrorPhase, string])[] = [
      [5, 'store', 'ERR_SCHANNEL_STORE_ACCESS_DENIED'],
      [0x80070005, 'store', 'ERR_SCHANNEL_STORE_ACCESS_DENIED'],
      [0x80070005, 'key', 'ERR_SCHANNEL_KEY_ACCESS_DENIED'],
      [2, 'store', 'ERR_SCHANNEL_STORE_NOT_FOUND'],
      [0x800704c7, 'store', 'ERR_SCHANNEL_STORE_CANCELLED'],
      [0x80090016, 'key', 'ERR_SCHANNEL_KEY_NOT_FOUND'],
      [0x80090022, 'key', 'ERR_SCHANNEL_KEY_DIALOG'],
      [0x8010000c, 'key', 'ERR_SCHANNEL_KEY_NOT_FOUND'],
      [0x8010006b, 'key', 'ERR_SCHANNEL_KEY_ACCESS_DENIED'],
      [0x8009002e, 'key', 'ERR_SCHANNEL_KEY_DIALOG'],
      [0x80090019, 'key', 'ERR_SCHANNEL_KEY_UNSUPPORTED'],
      [0x8009200b, 'key', 'ERR_SCHANNEL_KEY_MISSING'],
      [0x8007000e, 'key', 'ERR_SCHANNEL_SYSTEM_MEMORY'],
      [0x80090016, 'store', 'ERR_SCHANNEL_SYSTEM_FAILURE'],
    ];
    for (const [status, phase, code] of cases) assert.equal(codeOf(status, phase), code);
  });

  it('begins the message with what could not be done', () => {
    const { message } = errorFromStatus({
      status: 5,
      syscall: 'CertAddCertificateContextToStore',
      phase: 'store',
      operation: 'The certificate could not be added',
    });
    assert.match(message, /^The certificate could not be added: .*ERROR_ACCESS_DENIED/);
  });

  it('knows what a status means for TLS settings', () => {
    const codeOf = (status: number): string =>
      errorFromStatus({ status, syscall: 'RegSetValueExW', phase: 'policy' }).code;
    assert.equal(codeOf(5), 'ERR_SCHANNEL_POLICY_ACCESS_DENIED');
    assert.equal(codeOf(0x80070005), 'ERR_SCHANNEL_POLICY_ACCESS_DENIED');
    assert.equal(codeOf(50), 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED');
    assert.equal(codeOf(1450), 'ERR_SCHANNEL_SYSTEM_FAILURE');
  });
});
