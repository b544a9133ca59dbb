import assert from 'node:assert/strict';
import { grade } from '#lib/apps/probe/profiles.js';
import { probeReport, spoken } from '../../../support/probe-report.js';

describe('apps/probe/profiles', () => {
  it('takes a modern server for modern, and misses TLS 1.2 for the others', () => {
    const report = probeReport();
    assert.deepEqual(grade(report, 'modern'), []);
    assert.deepEqual(grade(report, 'intermediate'), ['TLSv1.2 is missing.']);
  });

  it('says where a server is more than intermediate', () => {
    const report = probeReport({
      spoken: { TLSv1: spoken(0x002f), 'TLSv1.2': { ...spoken(0xc02f, 0x009c), order: 'server' } },
    });
    assert.deepEqual(grade(report, 'intermediate'), [
      'TLSv1 is spoken.',
      'TLS_RSA_WITH_AES_128_GCM_SHA256 is accepted.',
      'The server, not the client, orders the suites of TLSv1.2.',
    ]);
  });

  it('knows what Windows enables by default', () => {
    const groups = { 'TLSv1.3': ['x25519'], before: ['secp384r1'], dhBits: null };
    const versions = { TLSv1: spoken(0x002f, 0xc014), 'TLSv1.2': spoken(0xc02f, 0x009c, 0x003c) };
    assert.deepEqual(grade(probeReport({ groups, spoken: versions }), 'windows-default'), []);
    const other = probeReport({ groups, spoken: { 'TLSv1.2': spoken(0xcca8) } });
    assert.deepEqual(grade(other, 'windows-default'), [
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 is accepted.',
    ]);
  });
});
