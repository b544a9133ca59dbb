import assert from 'node:assert/strict';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';
import { FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';
import { ScriptedService } from '../../../../support/scripted-service.js';

const DIRECTORY = {
  ...{
    newNonce: 'https://ca.example/n',
    newAccount: 'https://ca.example/a',
    newOrder: 'https://ca.example/o',
  },
  ...{ revokeCert: 'https://ca.example/r', keyChange: 'https://ca.example/k' },
  meta: { caaIdentities: ['ca.example'] },
};

describe('cli/commands/acme/preflight', () => {
  let service: ScriptedService;
  before(async () => {
    service = await ScriptedService.start({ 'GET /directory': [200, DIRECTORY] });
  });
  after(() => service.close());

  const preflight = (zone: FakeZone, ...args: string[]) =>
    acmeCommand(['preflight', 'bar.example', '--directory', `${service.url}/directory`, ...args], {
      lookup: new FakeLookup({ '': zone }),
    });

  it('says what is in the way, and what to do', async () => {
    const zone = { 'A bar.example': ['192.0.2.1'], 'CAA bar.example': ['0 issue "other.example"'] };
    const { code, ...io } = await preflight(zone);
    assert.equal(code, EXIT_CODES.expiring, io.errors());
    assert.match(io.output(), /^The CAA records of bar\.example permit only other\.example/);
    assert.match(io.output(), /\nPort 80 belongs to Windows' own HTTP service[^]*\n {2}Prove names by files/);
  });

  it('is silent about ports that are not needed', async () => {
    const { code, ...io } = await preflight({}, '--dns-persist');
    assert.equal(code, EXIT_CODES.ok, io.errors());
    assert.equal(io.output(), 'nothing was found that is in the way\n');
  });

  it('prints one object with --json', async () => {
    const zone = { 'CAA bar.example': ['0 issue "ca.example; accounturi=https://ca.example/1"'] };
    const facts = async (account: string) =>
      (await preflight(zone, '--dns-persist', '--account', account, '--json')).json() as {
        ok: boolean;
        findings: readonly { about: string; name: string }[];
      };
    assert.equal((await facts('https://ca.example/1')).ok, true);
    const { ok, findings } = await facts('https://ca.example/2');
    assert.deepEqual(
      [ok, findings.map(({ about, name }) => [about, name])],
      [false, [['caa', 'bar.example']]],
    );
  });

  it('says that the ACME server can not be read', async () => {
    const { code, errors } = await acmeCommand(['preflight', 'a.example', '--directory', service.url]);
    assert.notEqual(code, EXIT_CODES.ok);
    assert.match(errors(), /directory could not be read/);
  });
});
