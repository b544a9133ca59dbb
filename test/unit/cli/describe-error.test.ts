import assert from 'node:assert/strict';
import { errorFacts, formatError } from '#lib/cli/describe-error.js';
import { styleFor } from '#lib/cli/terminal.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { capturedIO } from '../../support/captured-io.js';

const plain = styleFor(capturedIO().stderr, {});

describe('cli/describe-error', () => {
  it('shows all that is known', () => {
    const error = new SchannelError('ERR_SCHANNEL_PEER_ALERT', 'The peer ended the handshake', {
      phase: 'handshake',
      status: 0x80090326,
      syscall: 'InitializeSecurityContextW',
      alert: { description: 40, name: 'handshake_failure', direction: 'received' },
      advice: 'Look into the log of the server.',
    });
    assert.deepEqual(formatError(error, plain), [
      'The peer ended the handshake',
      '  code     ERR_SCHANNEL_PEER_ALERT',
      '  phase    handshake',
      '  Windows  0x80090326 SEC_E_ILLEGAL_MESSAGE (InitializeSecurityContextW)',
      '  alert    received handshake_failure (40)',
      '  advice   Look into the log of the server.',
    ]);
  });

  it('shows until when a server takes no more, and has what it said', () => {
    const retryAfter = new Date('2030-01-01T00:00:00Z');
    const problem = { type: 'about:blank', detail: 'too many', status: 429, subproblems: [] };
    const error = new SchannelError('ERR_SCHANNEL_ACME_RATE_LIMITED', 'no', { problem, retryAfter });
    assert.deepEqual(errorFacts(error), { message: 'no', code: error.code, problem, retryAfter });
    assert.ok(formatError(error, plain).includes(`  again after  ${retryAfter.toLocaleString()}`));
  });

  it('shows no advice twice', () => {
    const error = new SchannelError('CERT_HAS_EXPIRED', 'certificate has expired; renew it', {
      advice: 'Renew it.',
    });
    assert.deepEqual(formatError(error, plain), [
      'certificate has expired; renew it',
      '  code  CERT_HAS_EXPIRED',
    ]);
  });

  it("finds our code under nodemailer's, and what the server said", () => {
    const error = Object.assign(new Error('reset'), {
      code: 'ESOCKET',
      originalCode: 'ECONNRESET',
      response: '421 bye',
    });
    assert.deepEqual(errorFacts(error), { message: 'reset', code: 'ECONNRESET', reply: '421 bye' });
  });

  it('disarms what a server says', () => {
    const error = new SchannelError('X', 'no', { reply: '554 \u001b[2Jgone' });
    assert.ok(!formatError(error, plain).join('\n').includes('\u001b'));
  });

  it('accepts what is no error', () => {
    assert.deepEqual(errorFacts('just text'), { message: 'just text' });
  });

  it('colours on a terminal, unless NO_COLOR is set', () => {
    const { stderr } = capturedIO({ terminal: true });
    assert.equal(formatError(new Error('x'), styleFor(stderr, {}))[0], '\u001b[31mx\u001b[39m');
    assert.equal(formatError(new Error('x'), styleFor(stderr, { NO_COLOR: '1' }))[0], 'x');
    assert.equal(formatError(new Error('x'), styleFor(stderr, { TERM: 'dumb' }))[0], 'x');
    assert.equal(formatError(new Error('x'), plain)[0], 'x');
  });
});
