import assert from 'node:assert/strict';
import { findingsOf, isAtLeast } from '#lib/apps/probe/findings.js';
import type { CertificateReport } from '#lib/apps/probe/report.js';
import { probeReport, spoken } from '../../../support/probe-report.js';

const NOW = Date.parse('2026-06-01');

const codes = (given: Parameters<typeof probeReport>[0]): string[] =>
  findingsOf(probeReport(given), NOW).map(({ code, severity }) => `${severity} ${code}`);

const shown = (validFrom: string, validTo: string, key = 'RSA 2048'): CertificateReport => ({
  version: 'TLSv1.3',
  key,
  scheme: null,
  chain: [{ subject: null, issuer: null, names: null, validFrom, validTo, key, fingerprint256: '' }],
  isOrdered: true,
  staple: null,
  ocsp: null,
  clientAuthorities: null,
  authorityNames: [],
});

describe('apps/probe/findings', () => {
  it('finds nothing to say about a modern server', () => {
    assert.deepEqual(codes({}), []);
  });

  it('puts what is most severe first', () => {
    assert.deepEqual(codes({ spoken: { SSLv3: spoken(0x000a), TLSv1: spoken(0x002f) } }), [
      'insecure ssl-3',
      'weak tls-1.0',
      'weak weak-suites',
      'weak no-forward-secrecy',
      'note cbc-suites',
    ]);
  });

  it('says how large the prime of DHE should be', () => {
    const withPrime = (dhBits: number) =>
      codes({ groups: { 'TLSv1.3': ['X25519MLKEM768'], before: null, dhBits } });
    assert.deepEqual([512, 1024, 2048].map(withPrime), [['insecure dh-size'], ['weak dh-size'], []]);
  });

  it('judges dates and keys of certificates', () => {
    const of = (...args: Parameters<typeof shown>) => codes({ certificates: [shown(...args)] });
    assert.deepEqual(of('2026-01-01', '2026-05-31'), ['insecure certificate-expired']);
    assert.deepEqual(of('2026-01-01', '2026-06-10'), ['note certificate-expiring']);
    assert.deepEqual(of('2026-07-01', '2027-06-10'), ['insecure certificate-not-yet-valid']);
    assert.deepEqual(of('2026-01-01', '2026-12-01', 'RSA 1024'), ['weak certificate-key']);
    assert.deepEqual(of('2026-01-01', '2026-12-01'), []);
  });

  it('judges stapled OCSP responses', () => {
    const of = (ocsp: CertificateReport['ocsp']) =>
      codes({ certificates: [{ ...shown('2026-01-01', '2026-12-01'), ocsp }] });
    const times = { thisUpdate: '2026-05-01T00:00:00.000Z', nextUpdate: '2026-07-01T00:00:00.000Z' };
    assert.deepEqual(of({ status: 'good', ...times }), []);
    assert.deepEqual(of({ status: 'good', thisUpdate: null, nextUpdate: null }), []);
    assert.deepEqual(of({ status: 'revoked', ...times }), ['insecure certificate-revoked']);
    assert.deepEqual(of({ status: 'good', ...times, nextUpdate: '2026-05-02T00:00:00.000Z' }), [
      'weak staple-expired',
    ]);
    for (const status of ['other', 'unreadable'] as const) {
      assert.deepEqual(of({ status, thisUpdate: null, nextUpdate: null }), ['weak staple-unusable']);
    }
  });

  it('judges how the server behaves', () => {
    const { features, resumption } = probeReport();
    assert.deepEqual(codes({ features: { ...features, nameRefused: true, clientRenegotiation: true } }), [
      'note name-refused',
      'note client-renegotiation',
    ]);
    assert.deepEqual(codes({ resumption: { ...resumption, earlyData: 0 } }), []);
    assert.deepEqual(codes({ resumption: { ...resumption, earlyData: 16384 } }), ['note early-data']);
    const tolerance = { newerVersion: false, grease: false, mediumHello: false, longHello: false };
    assert.deepEqual(codes({ tolerance }), [
      'weak version-intolerance',
      'weak grease-intolerance',
      'weak medium-hello',
      'note long-hello',
    ]);
    assert.deepEqual(
      codes({ signatures: { 'TLSv1.2': ['rsa_pkcs1_sha1', 'rsa_pkcs1_sha256'], 'TLSv1.3': null } }),
      ['weak old-signatures'],
    );
  });

  it('does not take what is unsure for an answer', () => {
    const unsure = { offered: null, suites: [], order: null, refusal: null };
    assert.deepEqual(codes({ spoken: { 'TLSv1.3': unsure, TLSv1: unsure } }), []);
  });

  it('knows which severity is higher', () => {
    assert.deepEqual(
      [isAtLeast('weak', 'weak'), isAtLeast('insecure', 'weak'), isAtLeast('note', 'weak')],
      [true, true, false],
    );
  });
});
