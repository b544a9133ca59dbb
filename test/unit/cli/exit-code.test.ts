import assert from 'node:assert/strict';
import { EXIT_CODE_MEANINGS, EXIT_CODES, exitCodeOf } from '#lib/cli/exit-code.js';
import { UsageError } from '#lib/cli/usage-error.js';

const CASES: readonly [what: string, error: unknown, code: number][] = [
  ['a wrong argument', new UsageError('x'), EXIT_CODES.usage],
  ['an option that cannot be honoured', { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' }, EXIT_CODES.usage],
  ['an impossible range of versions', { code: 'ERR_TLS_PROTOCOL_VERSION_CONFLICT' }, EXIT_CODES.usage],
  [
    'a store that does not exist',
    { code: 'ERR_SCHANNEL_STORE_NOT_FOUND', phase: 'store' },
    EXIT_CODES.failure,
  ],
  ['a name that no store can have', { code: 'ERR_SCHANNEL_STORE_NAME', phase: 'store' }, EXIT_CODES.usage],
  [
    'a key that may not be used',
    { code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED', phase: 'key' },
    EXIT_CODES.failure,
  ],
  ['a wrong password of a PFX', { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' }, EXIT_CODES.signIn],
  ['a refused connection', { code: 'ECONNREFUSED' }, EXIT_CODES.connect],
  ['an unknown name', { code: 'ENOTFOUND' }, EXIT_CODES.connect],
  ['a name server that is away', { code: 'EAI_AGAIN' }, EXIT_CODES.connect],
  ['a time limit', { code: 'ETIMEDOUT', phase: 'connect' }, EXIT_CODES.connect],
  ['a session that breaks off', { code: 'ESOCKET', originalCode: 'ECONNRESET' }, EXIT_CODES.connect],
  ['a missing STARTTLS', { code: 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE', phase: 'starttls' }, EXIT_CODES.tls],
  ['a failed handshake', { code: 'ERR_SCHANNEL_PEER_ALERT', phase: 'handshake' }, EXIT_CODES.tls],
  ['an expired certificate', { code: 'CERT_HAS_EXPIRED', phase: 'verify' }, EXIT_CODES.certificate],
  ['another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'verify' }, EXIT_CODES.certificate],
  [
    'an authority whose certificate is not the expected one',
    { code: 'ERR_SCHANNEL_ENROL_UNTRUSTED' },
    EXIT_CODES.certificate,
  ],
  ['an answer that is none', { code: 'ERR_SCHANNEL_ENROL_ANSWER' }, EXIT_CODES.failure],
  ['a refused recipient', { code: 'EENVELOPE' }, EXIT_CODES.refused],
  ['a refused message', { code: 'EMESSAGE' }, EXIT_CODES.refused],
  ['a wrong password', { code: 'EAUTH' }, EXIT_CODES.signIn],
  ['a server that knows no users', { code: 'ENOAUTH' }, EXIT_CODES.signIn],
  ['terms that nobody has agreed to', { code: 'ERR_SCHANNEL_ACME_TERMS' }, EXIT_CODES.usage],
  ['an ACME server that fails', { code: 'ERR_SCHANNEL_ACME_SERVER', phase: 'data' }, EXIT_CODES.connect],
  ['an ACME server that refuses a name', { code: 'ERR_SCHANNEL_ACME_CAA', phase: 'data' }, EXIT_CODES.denied],
  ['a limit', { code: 'ERR_SCHANNEL_ACME_RATE_LIMITED', phase: 'data' }, EXIT_CODES.rateLimited],
  ['a wrong certificate', { code: 'ERR_SCHANNEL_ACME_CERTIFICATE', phase: 'data' }, EXIT_CODES.certificate],
  ['a token that the DNS service refuses', { code: 'ERR_SCHANNEL_DNS_REFUSED' }, EXIT_CODES.signIn],
  ['a state folder that is read-only', { code: 'ERR_SCHANNEL_ACME_STATE' }, EXIT_CODES.failure],
  ['another system', { code: 'ERR_SCHANNEL_UNSUPPORTED_PLATFORM' }, EXIT_CODES.unsupported],
  ['a port that is taken', { code: 'EADDRINUSE', syscall: 'listen' }, EXIT_CODES.listen],
  ['a port that is reserved', { code: 'EACCES', syscall: 'listen' }, EXIT_CODES.listen],
  ['something unforeseen', new Error('x'), EXIT_CODES.failure],
  ['no error at all', undefined, EXIT_CODES.failure],
];

describe('cli/exit-code', () => {
  for (const [what, error, code] of CASES) {
    it(`gives ${code} for ${what}`, () => assert.equal(exitCodeOf(error), code));
  }

  it('explains each code once', () => {
    assert.deepEqual(EXIT_CODE_MEANINGS.map(([code]) => code).sort(), Object.values(EXIT_CODES).sort());
  });

  it('stays clear of the code of a crash under Wine', () => {
    assert.ok(!Object.values<number>(EXIT_CODES).includes(5));
  });
});
