import assert from 'node:assert/strict';
import { program } from '#lib/apps/acme/dns/program.js';

const RECORD = { name: '_acme-challenge.bar.example', value: '-v', ttl: 60 };

/** Node itself is the program: it prints what it got, and ends as it is told. */
const node = (code: string) => ({
  program: process.execPath,
  add: ['-e', code, '--', 'present', '{fqdn}', '{value}'],
  remove: ['-e', code, '--', 'cleanup {RecordName}', '{Token}'],
});

describe('apps/acme/dns/program', () => {
  it('gives a program its arguments, each as one', async () => {
    const check =
      'const [, ...a] = process.argv; process.exitCode = a.join("|") === "present|_acme-challenge.bar.example.|-v"' +
      ' || a.join("|") === "cleanup _acme-challenge.bar.example|-v" ? 0 : (console.error(a.join("|")), 1);';
    const dns = program(node(check));
    await dns.remove(await dns.add(RECORD));
  });

  it('passes on the end of what a program printed if it failed', async () => {
    const dns = program(
      node('console.log("x".repeat(9000)); console.error("no\\u0007 rights"); process.exitCode = 3'),
    );
    await assert.rejects(dns.add(RECORD), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_SCHANNEL_DNS_REFUSED');
      assert.match(error.message, /it ended with 3: x+/);
      assert.ok(error.message.length < 600);
      return true;
    });
  });

  it('says that the program is not there, and ends when it is told to', async () => {
    await assert.rejects(program({ program: '/no/such/program' }).add(RECORD), {
      code: 'ERR_SCHANNEL_DNS_REFUSED',
      message: /ENOENT/,
    });
    await assert.rejects(program(node('')).add(RECORD, { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
  });

  it('checks its options', () => {
    assert.throws(() => program({ program: '' }), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => program({ program: 'a', add: ['{zone}'] }), { code: 'ERR_INVALID_ARG_VALUE' });
  });
});
