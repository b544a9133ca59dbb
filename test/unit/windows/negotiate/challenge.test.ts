import assert from 'node:assert/strict';
import {
  challengeOf,
  lastTokenOf,
  offeredSchemes,
  OF_PROXY,
  OF_SERVER,
} from '#lib/windows/negotiate/challenge.js';

const of = (...fields: readonly string[]): string | undefined =>
  challengeOf(fields, 'Negotiate', OF_PROXY)?.toString();

describe('windows/negotiate/challenge', () => {
  for (const [what, fields, expected] of [
    ['a bare scheme', ['Proxy-Authenticate: Negotiate'], ''],
    ['a token', ['Proxy-Authenticate: Negotiate dG9rZW4='], 'token'],
    ['other letters', ['PROXY-AUTHENTICATE:negotiate  dG9rZW4='], 'token'],
    ['several in a line', ['Proxy-Authenticate: NTLM, Negotiate dG9rZW4=, Basic realm="x"'], 'token'],
    [
      'several lines',
      ['Proxy-Authenticate: Basic realm="x"', 'Proxy-Authenticate: Negotiate dG9rZW4='],
      'token',
    ],
    [
      'a bare one beside one with a token',
      ['Proxy-Authenticate: Negotiate', 'Proxy-Authenticate: Negotiate dG9rZW4='],
      'token',
    ],
    [
      'a realm that has its name',
      ['Proxy-Authenticate: Basic realm="a, Negotiate, b\\", Negotiate"'],
      undefined,
    ],
    ['a scheme that begins like it', ['Proxy-Authenticate: Negotiate2 dG9rZW4='], undefined],
    ['parameters, which it does not have', ['Proxy-Authenticate: Negotiate realm="x"'], undefined],
    ['the field of a server', ['WWW-Authenticate: Negotiate'], undefined],
    ['a line without a colon', ['Proxy-Authenticate'], undefined],
    ['nothing', [], undefined],
  ] as const) {
    it(`reads ${what}`, () => {
      assert.equal(of(...fields), expected);
    });
  }

  it('finds the last token in both fields', () => {
    const last = (...fields: string[]): string | undefined =>
      lastTokenOf(fields, 'Negotiate', OF_PROXY)?.toString();
    assert.equal(last('Proxy-Authenticate: Negotiate bGFzdA=='), 'last');
    assert.equal(last('Proxy-Authentication-Info: Negotiate bGFzdA=='), 'last');
    assert.equal(last('Proxy-Authenticate: Negotiate'), undefined);
    assert.equal(last('Via: x'), undefined);
  });

  it('reads the fields of a server', () => {
    const field = 'WWW-Authenticate: Negotiate dG9rZW4=';
    assert.equal(challengeOf([field], 'Negotiate', OF_SERVER)?.toString(), 'token');
    assert.equal(challengeOf(['Proxy-Authenticate: Negotiate'], 'Negotiate', OF_SERVER), undefined);
    assert.equal(
      lastTokenOf(['Authentication-Info: Negotiate bGFzdA=='], 'Negotiate', OF_SERVER)?.toString(),
      'last',
    );
  });

  it('shows what is offered, printable', () => {
    const fields = [
      'Proxy-Authenticate: NTLM',
      'Proxy-Authenticate: NTLM',
      'Proxy-Authenticate: \x1b[2J realm="x"',
    ];
    assert.equal(offeredSchemes(fields), 'NTLM, ?[2J');
  });
});
