import assert from 'node:assert/strict';
import { parseIndex } from '#lib/apps/authority/openssl-folder.js';

const LINE = 'R\t300102030405Z\t290102030405Z,CACompromise\t0aBC\tunknown\t/C=DE/CN=x';

describe('apps/authority/openssl-folder', () => {
  it('reads the lines of an index', () => {
    const [entry, other] = parseIndex(`${LINE}\r\nV\t20510102030405Z\t\t01\tunknown\t/CN=y\n`);
    assert.deepEqual(entry, {
      serialNumber: '0ABC',
      subject: '/C=DE/CN=x',
      notAfter: new Date('2030-01-02T03:04:05Z'),
      revoked: { at: new Date('2029-01-02T03:04:05Z'), reason: 'cACompromise' },
    });
    assert.equal(other?.notAfter.toISOString(), '2051-01-02T03:04:05.000Z');
    assert.equal(other.revoked, null);
  });

  it('takes a reason that it does not know for one that was not specified', () => {
    const [entry] = parseIndex(LINE.replace('CACompromise', 'other,1.2.3'));
    assert.equal(entry?.revoked?.reason, 'unspecified');
  });

  for (const [written, reason] of [
    ['keyTime,20260101000000Z', 'keyCompromise'],
    ['CAkeyTime,20260101000000Z', 'cACompromise'],
    ['holdInstruction,holdInstructionReject', 'certificateHold'],
  ] as const) {
    it(`reads ${reason} with what OpenSSL adds to it`, () => {
      const [entry] = parseIndex(LINE.replace('CACompromise', written));
      assert.equal(entry?.revoked?.reason, reason);
    });
  }

  for (const [what, text] of [
    ['an unknown status', LINE.replace('R', 'X')],
    ['no date', LINE.replace('300102030405Z', 'soon')],
    ['a date that is none', LINE.replace('300102030405Z', '309902030405Z'.replace('99', 'xx'))],
    ['no date of revocation', LINE.replace('290102030405Z', '')],
    ['no serial number', LINE.replace('0aBC', '../x')],
    ['one serial number twice', `${LINE}\n${LINE}`],
    ['too few fields', 'V'],
    ['binary', '\0\0\0\0'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseIndex(text), { code: 'ERR_SCHANNEL_IMPORT_DAMAGED' });
    });
  }
});
