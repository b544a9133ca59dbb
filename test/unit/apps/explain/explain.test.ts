import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TRUST_FAULTS } from '#lib/windows/trust/trust-faults.js';
import { VERIFY_TEXTS } from '#lib/windows/trust/verify-texts.js';
import { ALERT_TABLE } from '#lib/base/errors/alerts.js';
import { NODE_CODES } from '#lib/base/errors/node-codes.js';
import { SCHANNEL_ERROR_CODES } from '#lib/base/errors/codes.js';
import { EVENT_TABLE } from '#lib/base/errors/events.js';
import { HTTP_SUB_STATUS_TABLE } from '#lib/base/errors/http-sub-statuses.js';
import { formatStatus, STATUS_TABLE } from '#lib/base/errors/status-table.js';
import { explain } from '#lib/apps/explain/explain.js';

/** Each meaning as 'kind name', in order. */
const meanings = (text: string): string[] => explain(text).map(({ kind, name }) => `${kind} ${name}`);

describe('apps/explain/explain', () => {
  it('knows a status by every form in which programs print it', () => {
    for (const text of ['0x80090325', '80090325', '-2146893019', '2148074277', 'sec_e_untrusted_root']) {
      assert.deepEqual(meanings(text), ['status SEC_E_UNTRUSTED_ROOT'], text);
    }
    assert.deepEqual(meanings('0x80070056'), ['status ERROR_INVALID_PASSWORD']);
    assert.deepEqual(meanings('8009030D'), ['status SEC_E_UNKNOWN_CREDENTIALS']);
  });

  it('names equivalent codes', () => {
    const [status] = explain('0x80092013');
    assert.equal(status?.code, '0x80092013');
    assert.deepEqual(status.related, ['CERT_TRUST_IS_OFFLINE_REVOCATION']);
    assert.deepEqual(explain('SEC_E_UNTRUSTED_ROOT')[0]?.related, ['unknown_ca']);
    assert.deepEqual(explain('alert 48')[0]?.related, ['SEC_E_UNTRUSTED_ROOT']);
  });

  it('gives every meaning of a number that has several', () => {
    assert.deepEqual(meanings('86'), ['status ERROR_INVALID_PASSWORD', 'alert inappropriate_fallback']);
    assert.deepEqual(meanings('42'), ['alert bad_certificate']);
    assert.deepEqual(meanings('0x20'), ['trust CERT_TRUST_IS_UNTRUSTED_ROOT']);
    assert.deepEqual(meanings('0x2'), ['status ERROR_FILE_NOT_FOUND', 'trust CERT_TRUST_IS_NOT_TIME_NESTED']);
  });

  it('selects the kind by a word in front', () => {
    assert.deepEqual(meanings('alert 86'), ['alert inappropriate_fallback']);
    assert.deepEqual(meanings('status 86'), ['status ERROR_INVALID_PASSWORD']);
    assert.deepEqual(meanings('trust 32'), ['trust CERT_TRUST_IS_UNTRUSTED_ROOT']);
    assert.deepEqual(meanings('Event 36870'), ['event Schannel event: key access failed']);
    assert.deepEqual(meanings('event 86'), []);
  });

  it('adds the alert to an event that names one', () => {
    for (const text of ['36887:48', '36887 48', 'event 36887/48']) {
      assert.deepEqual(meanings(text), ['event Schannel event: alert received', 'alert unknown_ca'], text);
    }
    assert.deepEqual(meanings('36870:48'), []);
    assert.deepEqual(meanings('36887:99'), []);
  });

  it('splits the error bits of a chain, most severe first', () => {
    const faults = ['trust CERT_TRUST_IS_PARTIAL_CHAIN', 'trust CERT_TRUST_IS_UNTRUSTED_ROOT'];
    assert.deepEqual(meanings('0x10020'), faults);
    assert.deepEqual(meanings('65568'), faults);
    assert.deepEqual(meanings('0x10000020'), [], 'one bit of it is unknown');
  });

  it('has a remedy for what fails around a key', () => {
    const [event] = explain('36870');
    assert.match(event?.remedy ?? '', /use the private key .*schannel cert grant/);
    const [status] = explain('403.7');
    assert.match(status?.remedy ?? '', /clientcertnegotiation/);
  });

  it('finds everything in its tables, with a text for each', () => {
    const everything = [
      ...STATUS_TABLE.flatMap(({ status, name }) => [formatStatus(status), name]),
      ...ALERT_TABLE.flatMap(({ description, name }) => [`alert ${description}`, name]),
      ...TRUST_FAULTS.flatMap(({ bit, name }) => [`trust ${bit}`, name, `CERT_TRUST_${name}`]),
      ...EVENT_TABLE.map(({ id }) => String(id)),
      ...HTTP_SUB_STATUS_TABLE.map(({ code }) => code),
      ...Object.keys(SCHANNEL_ERROR_CODES),
      ...Object.keys(VERIFY_TEXTS),
      ...Object.keys(NODE_CODES),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ];
    for (const text of everything) {
      const [first] = explain(text);
      assert.ok(first, text);
      assert.match(first.meaning, /^\S.*\.$/, text);
      if (first.remedy !== null) assert.match(first.remedy, /^\S.*\.$/, text);
    }
  });

  it('knows each status that has its error', () => {
    const source = readFileSync(path.join(__dirname, '../../../../lib/base/errors/from-status.ts'), 'utf8');
    const numbers = [...source.matchAll(/\[(0x[0-9a-f]{8}|\d+), 'ERR_SCHANNEL_/g)].map(
      ([, number]) => number,
    );
    assert.ok(numbers.length > 60, `${numbers.length}`);
    for (const number of numbers) assert.ok(explain(`status ${number ?? ''}`).length > 0, number);
  });

  it('knows what http.sys, the registry and handshakes answer', () => {
    for (const text of [
      '145',
      '183',
      '234',
      '259',
      '1312',
      '0xC0000002',
      'ECONNRESET',
      '112',
      '116',
      '120',
    ]) {
      assert.ok(explain(text).length > 0, text);
    }
  });

  it('shows the code words of an entry without their backticks', () => {
    const [closed] = explain('ERR_SCHANNEL_USAGE_CLOSED');
    assert.equal(
      closed?.remedy,
      "Listen for 'close', and close a store only after its certificates were used.",
    );
  });

  it('returns nothing for anything but a code', () => {
    for (const text of ['', 'x', 'constructor', 'alert', 'trust x', '0x', '99999999999', '404.0', '0']) {
      assert.deepEqual(meanings(text), text === '0' ? ['status SEC_E_OK', 'alert close_notify'] : [], text);
    }
  });
});
