import assert from 'node:assert/strict';
import { summaryOf } from '#lib/apps/doctor/checks/requests.js';
import type { ListedRequest } from '#lib/windows/request/pending-requests.js';

const NOW = Date.parse('2030-03-01T00:00:00Z');

const pending = (
  created: string,
  certificates: readonly string[] = [],
  renews: string | null = null,
): ListedRequest => ({
  reference: `CurrentUser\\REQUEST\\${'A'.repeat(40)}`,
  location: 'CurrentUser',
  subject: 'CN=a',
  friendlyName: null,
  created: new Date(created),
  publicKey: null,
  keyLocation: null,
  request: null,
  renews,
  submission: null,
  certificates,
});

describe('apps/doctor/checks/requests', () => {
  it('counts what waits, what is old, and what has its certificate', () => {
    assert.deepEqual(summaryOf([], NOW), {
      verdict: 'found',
      text: 'None.',
      data: { pending: 0, old: 0, withCertificate: 0 },
    });
    const requests = [
      pending('2030-02-28T00:00:00Z'),
      pending('2030-01-01T00:00:00Z'),
      pending('2030-02-28T00:00:00Z', ['x']),
      // The certificate that it renews has the same key.
      pending('2030-02-28T00:00:00Z', ['old'], 'old'),
    ];
    assert.deepEqual(summaryOf(requests, NOW), {
      verdict: 'found',
      text: '4. Older than 30 days: 1. With a certificate for their key already: 1.',
      data: { pending: 4, old: 1, withCertificate: 1 },
    });
  });
});
