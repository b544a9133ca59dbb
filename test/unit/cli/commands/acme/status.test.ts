import assert from 'node:assert/strict';
import type { SetReport } from '#lib/acme.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { AcmeCommand, CONFIG } from '../../../../support/acme-manager-command.js';

describe('cli/commands/acme/status', () => {
  let command: AcmeCommand;
  beforeEach(() => {
    command = new AcmeCommand();
  });

  it('ends with 0 if all is well', async () => {
    const { code, output, checks } = await command.run(['status']);
    assert.deepEqual([code, checks], [EXIT_CODES.ok, []]);
    assert.match(output(), /^Names +Certificate +Next +Reference$/m);
  });

  const TROUBLES: readonly (readonly [title: string, set: Partial<SetReport>, line: RegExp])[] = [
    ['a certificate is missing', { certificate: null, renewal: null, due: true }, /bar\.com +none +now/],
    ['one is due', { due: true }, / now /],
    [
      'one fails',
      { failures: 3, lastFailure: { at: new Date(), code: 'ERR_X', text: 'no\u001b[31m record' } },
      /failed 3 times, last at .*: no\?\[31m record \(ERR_X\)/,
    ],
    ['a program has failed', { hookFailure: 'x failed' }, /www\.bar\.com, bar\.com: x failed/],
  ];
  for (const [title, set, line] of TROUBLES) {
    it(`ends with 10 if ${title}`, async () => {
      command.sets = [{}, set];
      const { code, output } = await command.run(['status']);
      assert.equal(code, EXIT_CODES.expiring);
      assert.match(output(), line);
      const json = await command.run(['status', '--json']);
      const facts = JSON.parse(json.output()) as { ok: boolean; sets: { ok: boolean }[] };
      assert.deepEqual([facts.ok, facts.sets.map(({ ok }) => ok)], [false, [true, false]]);
    });
  }

  it('shows an order that has not ended: another process may be at work', async () => {
    command.sets = [{ unfinished: true }];
    const { code, output } = await command.run(['status']);
    assert.equal(code, EXIT_CODES.ok);
    assert.match(output(), /an order has begun and not ended/);
  });

  it('needs no secrets: who monitors need not know them', async () => {
    command.config = {
      ...CONFIG,
      externalAccount: 'kid',
      certificates: [
        { names: ['bar.com'], challenge: { kind: 'dns', provider: 'dnsimple' } },
        {
          names: ['foo.com'],
          challenge: { kind: 'dns', provider: 'rfc2136', server: '127.0.0.1', keyName: 'k' },
        },
      ],
    };
    assert.equal((await command.run(['status'])).code, EXIT_CODES.ok);
    assert.equal((await command.run(['check'])).code, EXIT_CODES.usage);
  });

  it('shows names that are left out, and why the authority wants to renew', async () => {
    command.sets = [{ dropped: ['bar.com'], explanation: 'https://acme.test/why' }];
    const { output } = await command.run(['status']);
    assert.match(output(), /left out, because they fail: bar\.com/);
    assert.match(output(), /why then: https:\/\/acme\.test\/why/);
  });
});
