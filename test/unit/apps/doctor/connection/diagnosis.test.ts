import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { diagnosisOf } from '#lib/apps/doctor/connection/diagnosis.js';
import type { Evidence } from '#lib/apps/doctor/connection/evidence.js';
import { schemaFaults, type JsonSchema } from '../../../../support/json-schema.js';

const SCHEMA = JSON.parse(
  readFileSync(path.join(__dirname, '../../../../../docs/schannel-doctor-connection-1.schema.json'), 'utf8'),
) as JsonSchema;

const HOSTILE = 'CN=\u001b[31mred';

const EVIDENCE: Evidence = {
  target: { host: 'www.example', port: 443, servername: 'www.example', starttls: 'smtp' },
  proxies: [{ variable: 'HTTPS_PROXY', url: 'http://proxy:3128' }],
  server: {
    versions: { 'TLSv1.2': { offered: true, suites: [] } },
    certificates: [
      { chain: [{ subject: HOSTILE, issuer: HOSTILE, fingerprint256: 'AA' }], clientAuthorities: 1 },
    ],
    unsure: [],
  },
  machine: {
    ...{ release: 'Windows 11 23H2', wine: null, lacking: null },
    compared: [
      ['TLS 1.2', 'yes', true],
      ['TLS 1.1', 'no', false],
      ['TLS 1.0', 'unknown', null],
    ].map(([subject, answer, seen]) => ({
      decision: {
        ...{ subject: String(subject), kind: 'version', rule: 'order', text: 'It is so.', remedy: null },
        answer: answer as 'yes',
      },
      seen: seen as boolean | null,
    })),
  },
  attempt: {
    connected: { protocol: 'TLSv1.2', cipherSuite: null },
    error: null,
    trust: {
      ...{ chainError: null, nameError: null, revocation: 'good' },
      chain: [
        { subject: HOSTILE, fingerprint256: 'AA', isSelfSigned: false },
        { subject: HOSTILE, fingerprint256: 'BB', isSelfSigned: false },
      ],
    },
    authorities: [HOSTILE],
    certificate: false,
  },
  certificates: [
    {
      ...{ subject: 'CN=anna', thumbprint: 'A1', store: 'CurrentUser\\MY', accepted: true },
      validTo: '2030-01-01T00:00:00.000Z',
      problems: [{ code: 'EXPIRED', meaning: 'It has expired.', remedy: 'Renew it.' }],
    },
  ],
  absent: null,
};

const time = new Date('2030-01-01T00:00:00Z');

describe('apps/doctor/connection/diagnosis', () => {
  it('has the form of its schema', () => {
    for (const each of [
      EVIDENCE,
      { ...EVIDENCE, server: { error: new Error('no') }, attempt: null, machine: null },
    ]) {
      assert.deepEqual(schemaFaults(JSON.parse(JSON.stringify(diagnosisOf(each, time))), SCHEMA), []);
    }
  });

  it('leaves out settings that neither side has', () => {
    assert.deepEqual(
      diagnosisOf(EVIDENCE, time).settings.map(({ subject }) => subject),
      ['TLS 1.2', 'TLS 1.0'],
    );
  });

  it('is well if nothing fails, and names the first thing that does', () => {
    assert.deepEqual([diagnosisOf(EVIDENCE, time).ok, diagnosisOf(EVIDENCE, time).cause], [true, null]);
    const failed = diagnosisOf({ ...EVIDENCE, server: { error: new Error('no') }, attempt: null }, time);
    assert.deepEqual([failed.ok, failed.cause], [false, 'HOST_UNREACHABLE']);
  });

  it('makes words of others printable', () => {
    const { conclusions } = diagnosisOf(EVIDENCE, time);
    const texts = conclusions.flatMap(({ text, meaning, remedy }) => [text, meaning ?? '', remedy ?? '']);
    assert.ok(texts.some((text) => text.includes('[31mred')));
    for (const text of texts) assert.ok(!text.includes('\u001b'), text);
  });
});
