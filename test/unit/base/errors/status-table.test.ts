import assert from 'node:assert/strict';
import {
  describeStatus,
  findStatus,
  formatStatus,
  STATUS_TABLE,
  statusName,
} from '#lib/base/errors/status-table.js';

describe('base/errors/status-table', () => {
  it('has each number and each name once', () => {
    assert.equal(new Set(STATUS_TABLE.map((entry) => entry.status)).size, STATUS_TABLE.length);
    assert.equal(new Set(STATUS_TABLE.map((entry) => entry.name)).size, STATUS_TABLE.length);
  });

  it('holds unsigned numbers, header names and whole sentences', () => {
    for (const { status, name, meaning, remedy } of STATUS_TABLE) {
      assert.ok(status >= 0 && status <= 0xffffffff, name);
      assert.match(
        name,
        /^(SEC_[EI]|CERT_E|CRYPT_E|TRUST_E|NTE|TPM(_20)?_E|CERTSRV_E|SCARD_[EFW]|ERROR|STATUS|E)_[A-Z0-9_]+$/,
      );
      for (const sentence of remedy === null ? [meaning] : [meaning, remedy])
        assert.match(sentence, /^\S.*\.$/, name);
    }
  });

  it('keeps the facility and severity that the prefix of a name promises', () => {
    for (const { status, name } of STATUS_TABLE) {
      const high = status >>> 16;
      if (name.startsWith('SEC_I_')) assert.equal(high, 0x0009, name);
      if (/^(SEC_E|NTE)_/.test(name) && name !== 'SEC_E_OK') assert.equal(high, 0x8009, name);
      if (name.startsWith('ERROR_')) assert.equal(high, 0, name);
      if (name.startsWith('SCARD_')) assert.equal(high, 0x8010, name);
      if (name.startsWith('CERT_E_')) assert.equal(high, 0x800b, name);
    }
  });

  it('names signed and unsigned numbers alike', () => {
    assert.equal(statusName(0x80090325), 'SEC_E_UNTRUSTED_ROOT');
    assert.equal(statusName(0x80090325 | 0), 'SEC_E_UNTRUSTED_ROOT');
  });

  it('distinguishes statuses that differ only in severity', () => {
    assert.equal(statusName(0x00090317), 'SEC_I_CONTEXT_EXPIRED');
    assert.equal(statusName(0x80090317), 'SEC_E_CONTEXT_EXPIRED');
  });

  it('finds a wrapped Win32 error by its number, unless the HRESULT has its own name', () => {
    assert.equal(statusName(0x80070056), 'ERROR_INVALID_PASSWORD');
    assert.equal(statusName(0x80070005), 'E_ACCESSDENIED');
    assert.equal(describeStatus(0x80071234), null);
  });

  it('prints a status without a name as eight hex digits', () => {
    assert.equal(statusName(0x1234), '0x00001234');
    assert.equal(formatStatus(-2146893019), '0x80090325');
  });

  it('finds what a person types: name, hex, signed or plain decimal', () => {
    for (const text of ['sec_e_untrusted_root', '0x80090325', '-2146893019', ' 2148074277 ']) {
      assert.equal(findStatus(text)?.name, 'SEC_E_UNTRUSTED_ROOT', text);
    }
    assert.equal(findStatus('86')?.name, 'ERROR_INVALID_PASSWORD');
    assert.equal(findStatus('no such thing'), null);
    assert.equal(findStatus(''), null);
  });
});
