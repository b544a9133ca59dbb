import assert from 'node:assert/strict';
import { securityHeaders } from '#lib/web/headers/security-headers.js';

describe('web/headers/security-headers', () => {
  it('are those that protect visitors', () => {
    assert.deepEqual(
      securityHeaders().map(([name]) => name),
      ['Content-Security-Policy', 'X-Content-Type-Options', 'Referrer-Policy', 'Cross-Origin-Opener-Policy'],
    );
  });

  it('are replaced, left out and added, in any case', () => {
    const headers = securityHeaders({
      'referrer-policy': 'no-referrer',
      'Content-security-Policy': null,
      Server: 'x',
    });
    assert.deepEqual(headers, [
      ['X-Content-Type-Options', 'nosniff'],
      ['referrer-policy', 'no-referrer'],
      ['Cross-Origin-Opener-Policy', 'same-origin'],
      ['Server', 'x'],
    ]);
  });

  it('refuses what is no header', () => {
    assert.throws(() => securityHeaders({ 'a b': 'x' }), { code: 'ERR_INVALID_HTTP_TOKEN' });
    assert.throws(() => securityHeaders({ a: 'x\r\nSet-Cookie: y' }), { code: 'ERR_INVALID_CHAR' });
    assert.throws(() => securityHeaders({ a: undefined } as never), {
      code: 'ERR_HTTP_INVALID_HEADER_VALUE',
    });
  });
});
