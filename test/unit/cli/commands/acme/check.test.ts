import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { AcmeCommand } from '../../../../support/acme-manager-command.js';

describe('cli/commands/acme/check', () => {
  let command: AcmeCommand;
  beforeEach(() => {
    command = new AcmeCommand();
  });

  it('checks what the file says, and shows each step and the result', async () => {
    const { code, output, errors, checks, options } = await command.run(['check']);
    assert.equal(code, EXIT_CODES.ok);
    // A person who types it has mended what failed.
    assert.deepEqual(checks, [{ force: false, retry: true }]);
    assert.deepEqual(options?.certificates[0]?.names, ['www.bar.com', 'bar.com']);
    assert.match(errors(), /^\d{4}-\d\d-\d\d \d\d:\d\d a step\?$/m);
    assert.match(
      output(),
      /www\.bar\.com, bar\.com +\d+ days left +2100-01-01, as suggested +LocalMachine\\MY\\00AA/,
    );
  });

  it('prints nothing but JSON with --json', async () => {
    command.sets = [{ action: 'renewed' }];
    const { output, errors } = await command.run(['check', '--json']);
    const facts = JSON.parse(output()) as { ok: boolean; sets: Record<string, unknown>[]; clockSkew: number };
    assert.deepEqual([facts.ok, facts.clockSkew, facts.sets[0]?.['action']], [true, 1, 'renewed']);
    assert.equal(errors(), '');
  });

  it('renews everything by force only if it is told to', async () => {
    assert.deepEqual((await command.run(['renew'])).checks, [{ force: false, retry: false }]);
    assert.deepEqual((await command.run(['renew', '--force'])).checks, [{ force: true, retry: true }]);
  });

  it('ends with the code of the first failure, and shows the others too', async () => {
    const error = new SchannelError('ERR_SCHANNEL_ACME_RATE_LIMITED', 'too many', { phase: 'data' });
    const lastFailure = { at: new Date(), code: error.code, text: error.message };
    command.sets = [{}, { action: 'failed', error, failures: 1, lastFailure }, { action: 'issued' }];
    const { code, output } = await command.run(['check']);
    assert.equal(code, EXIT_CODES.rateLimited);
    assert.match(output(), /failed once, last at .*: too many \(ERR_SCHANNEL_ACME_RATE_LIMITED\)/);
    const facts = JSON.parse((await command.run(['check', '--json'])).output()) as {
      ok: boolean;
      sets: { error: { code: string } | null }[];
    };
    assert.equal(facts.ok, false);
    assert.deepEqual(
      facts.sets.map((each) => each.error?.code ?? null),
      [null, 'ERR_SCHANNEL_ACME_RATE_LIMITED', null],
    );
  });

  it('ends in order if it is interrupted', async () => {
    const before = process.listenerCount('SIGINT');
    let listening = 0;
    command.onCheck = () => {
      listening = process.listenerCount('SIGINT') - before;
      if (listening > 0) process.emit('SIGINT');
    };
    assert.notEqual((await command.run(['renew'])).code, EXIT_CODES.ok);
    assert.equal(listening, 1);
    assert.equal(process.listenerCount('SIGINT'), before);
  });

  it('says that something waits for its next attempt', async () => {
    command.sets = [{ action: 'waiting', nextTry: new Date('2030-01-01T12:00') }];
    const { code, output } = await command.run(['check']);
    assert.equal(code, EXIT_CODES.expiring);
    assert.match(output(), /again 2030-01-01 12:00/);
  });

  it('orders nothing in a dry run, and shows what may be in the way', async () => {
    const asked: unknown[] = [];
    command.checkChallenges = ({ names, solvers }) => {
      asked.push(
        names,
        solvers.flatMap(({ types }) => types),
      );
      const text = 'Port 80 belongs to IIS.';
      return Promise.resolve([{ about: 'port', name: null, text, advice: 'Use webroot.' }]);
    };
    const { code, output, checks } = await command.run(['check', '--dry-run']);
    assert.equal(code, EXIT_CODES.expiring);
    assert.deepEqual(checks, []);
    assert.deepEqual(asked, [['www.bar.com', 'bar.com'], ['http-01']]);
    assert.match(output(), /www\.bar\.com, bar\.com: Port 80 belongs to IIS\. Use webroot\./);
    command.checkChallenges = () => Promise.resolve([]);
    assert.match((await command.run(['check', '--dry-run'])).output(), /Nothing was found/);
  });

  it('names the file that is missing', async () => {
    command.config = null;
    const { code, errors } = await command.run(['check']);
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /config\.json/);
  });
});
