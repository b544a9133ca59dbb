import assert from 'node:assert/strict';
import type { DevCertOptions, DevCertState } from '#lib/apps/dev-cert/dev-cert.js';
import type { DevCertLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { capturedIO, type CapturedIO } from '../../../support/captured-io.js';
import { commandLibrary } from '../../../support/command-library.js';

const REFERENCE = 'CurrentUser\\MY\\AA';
const VALID_TO = new Date('2031-02-03T00:00:00Z');

interface Outcome extends CapturedIO {
  readonly code: number;
  /** What was asked of the library, in order. */
  readonly asked: readonly (readonly [string, DevCertOptions])[];
}

async function devCert(args: readonly string[], state: DevCertState['state'] = 'ready'): Promise<Outcome> {
  const asked: [string, DevCertOptions][] = [];
  const note =
    <Result>(name: string, result: Result) =>
    (options: DevCertOptions = {}): Promise<Result> => {
      asked.push([name, options]);
      return Promise.resolve(result);
    };
  const problems = state === 'ready' ? [] : ['It is not as it should be.'];
  const library: DevCertLibrary = {
    ensureDevCert: note('ensure', {
      action: 'created' as const,
      reference: REFERENCE,
      names: ['localhost'],
      validTo: VALID_TO,
      root: 'PEM',
    }),
    checkDevCert: note('check', { state, problems, reference: REFERENCE, validTo: VALID_TO }),
    removeDevCert: note('remove', ['CN=localhost']),
  };
  const io = capturedIO();
  const code = await run(['dev-cert', ...args], '1', commandLibrary(undefined, undefined, library), io);
  return { ...io, asked, code };
}

describe('cli/commands/dev-cert', () => {
  it('makes one, and says what it is for', async () => {
    const { code, output, asked } = await devCert(['localhost', '127.0.0.1']);
    assert.equal(code, 0);
    assert.equal(output(), `created ${REFERENCE}\nfor localhost, until 2031-02-03\n`);
    assert.deepEqual(asked, [
      ['ensure', { names: ['localhost', '127.0.0.1'], machine: undefined, exportable: false }],
    ]);
  });

  it('is for localhost and this machine by default', async () => {
    const [[, options] = []] = (await devCert([])).asked;
    assert.deepEqual(options?.names?.slice(0, 3), ['localhost', '127.0.0.1', '::1']);
  });

  it('refuses a wrong name before anything is done', async () => {
    const { code, errors, asked } = await devCert(['https://bar.test']);
    assert.equal(code, 2);
    assert.match(errors(), /host names/);
    assert.deepEqual(asked, []);
  });

  for (const [state, code] of [
    ['ready', 0],
    ['due', 10],
    ['incomplete', 6],
    ['missing', 6],
  ] as const) {
    it(`ends with ${code} if --check finds it ${state}`, async () => {
      const outcome = await devCert(['--check', '--json'], state);
      assert.equal(outcome.code, code);
      const printed = JSON.parse(outcome.output()) as { ok: boolean; state: string };
      assert.deepEqual([printed.ok, printed.state], [state === 'ready', state]);
      assert.deepEqual(
        outcome.asked.map(([what]) => what),
        ['check'],
      );
    });
  }

  it('says what is wrong, and what to do', async () => {
    const { output } = await devCert(['--check'], 'due');
    assert.equal(output(), "due It is not as it should be.\n'schannel dev-cert' renews it.\n");
  });

  it('changes nothing with --dry-run', async () => {
    const made = await devCert(['--dry-run'], 'missing');
    assert.deepEqual([made.code, made.asked.map(([what]) => what)], [0, ['check']]);
    const removed = await devCert(['--uninstall', '--dry-run']);
    assert.deepEqual([removed.code, removed.asked], [0, []]);
  });

  it('asks before it removes, and before all users trust a root', async () => {
    for (const flag of ['--uninstall', '--machine']) {
      const { code, errors, asked } = await devCert([flag]);
      assert.equal(code, 2, flag);
      assert.match(errors(), /Confirm it with --yes/);
      assert.deepEqual(asked, []);
    }
    const { asked, output } = await devCert(['--uninstall', '--machine', '--yes']);
    assert.deepEqual(asked, [['remove', { machine: true }]]);
    assert.equal(output(), 'removed CN=localhost\n');
  });
});
