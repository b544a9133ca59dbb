import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { FIPS_KEY, POLICY_SUITES_KEY, PROTOCOLS_KEY, SCHANNEL_KEY } from '#lib/windows/policy/keys.js';
import { Keyboard } from '../../../../support/captured-io.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

const KEY = `${PROTOCOLS_KEY}\\TLS 1.0\\Server`;
const TLS10_OFF = ['set', 'protocol', 'tls 1.0', 'server', 'off'];

describe('cli/commands/policy/set', () => {
  let folder: string;
  let undo: string;
  let machine: PolicyMachine;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    undo = path.join(folder, 'undo.reg');
    machine = new PolicyMachine();
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('shows what it writes, writes it, and says how to undo it', async () => {
    const { code, output } = await machine.run([...TLS10_OFF, '--yes', '--undo', undo]);
    assert.equal(code, 0);
    assert.match(output(), /TLS 1\.0\\Server +Enabled +absent +0 +new credentials/);
    assert.match(output(), /Undo: schannel policy undo /);
    assert.match(
      (await readFile(undo)).toString('utf16le'),
      /; schannel policy set protocol "tls 1\.0" server off/,
    );
    assert.ok(`${KEY}\\Enabled` in machine.registry.content());
  });

  it('changes nothing in a dry run, and writes no file', async () => {
    const { code, output } = await machine.run([...TLS10_OFF, '--dry-run', '--undo', undo, '--json']);
    assert.equal(code, 0);
    const report = JSON.parse(output()) as { dryRun: boolean; changes: unknown[]; undoFile: unknown };
    assert.deepEqual([report.dryRun, report.changes.length, report.undoFile], [true, 2, null]);
    assert.deepEqual(machine.registry.writes, []);
    assert.ok(!existsSync(undo));
  });

  it('needs both --yes and --undo without a terminal', async () => {
    for (const flags of [[], ['--yes'], ['--undo', undo]]) {
      const { code } = await machine.run([...TLS10_OFF, ...flags], { stdin: Readable.from([]) });
      assert.equal(code, EXIT_CODES.usage, flags.join(' '));
    }
    assert.deepEqual(machine.registry.writes, []);
  });

  it('needs --undo on a terminal too', async () => {
    for (const flags of [[], ['--yes']]) {
      const stdin = new Keyboard();
      stdin.write('y\r');
      const { code, errors } = await machine.run([...TLS10_OFF, ...flags], { stdin, terminal: true });
      assert.equal(code, EXIT_CODES.usage, flags.join(' '));
      assert.match(errors(), /--undo/);
    }
    assert.deepEqual(machine.registry.writes, []);
  });

  it('asks on a terminal, and takes no for an answer', async () => {
    const stdin = new Keyboard();
    stdin.write('n\r');
    const { code, errors } = await machine.run([...TLS10_OFF, '--undo', undo], {
      ...{ stdin, terminal: true },
    });
    assert.notEqual(code, 0);
    assert.match(errors(), /Enabled[\s\S]*Go on\?/);
    assert.deepEqual(machine.registry.writes, []);
  });

  it('does not replace an undo file', async () => {
    await writeFile(undo, 'older');
    const { code, errors } = await machine.run([...TLS10_OFF, '--yes', '--undo', undo]);
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /exists/);
    // There is no such option here.
    assert.doesNotMatch(errors(), /--force/);
    assert.equal(await readFile(undo, 'utf8'), 'older');
    assert.deepEqual(machine.registry.writes, []);
  });

  it('fails without rights, and leaves no undo file', async () => {
    machine.registry.denied.add(KEY);
    const { code, errors } = await machine.run([...TLS10_OFF, '--yes', '--undo', undo]);
    assert.equal(code, EXIT_CODES.failure);
    assert.match(errors(), /ERR_SCHANNEL_POLICY_ACCESS_DENIED/);
    assert.ok(!existsSync(undo));
  });

  it('fails if a group policy decides', async () => {
    machine.registry.put(POLICY_SUITES_KEY, 'Functions', ['TLS_A']);
    const args = ['set', 'suites', '--template', 'windows-default', '--yes', '--undo', undo];
    const { code, errors } = await machine.run(args);
    assert.equal(code, EXIT_CODES.failure);
    assert.match(errors(), /ERR_SCHANNEL_POLICY_DECIDED/);
    assert.deepEqual(machine.registry.writes, []);
  });

  it('says when nothing is to do', async () => {
    machine.registry.put(SCHANNEL_KEY, 'EventLogging', 7);
    const { code, output } = await machine.run(['set', 'event-logging', '7', '--yes', '--undo', undo]);
    assert.deepEqual([code, output()], [0, 'it is so already\n']);
    assert.ok(!existsSync(undo));
  });

  for (const [args, text] of [
    [['groups', 'NistP384', 'NistP256'], /NistP384, NistP256/],
    [['client-auth-trust', '2'], /ClientAuthTrustMode +absent +2 +restart of the service/],
    [['event-logging', '3'], /EventLogging +absent +3 +reboot/],
    [['suites', 'TLS_AES_128_GCM_SHA256'], /Functions +absent +TLS_AES_128_GCM_SHA256/],
    [['suites', '--template', 'mozilla-modern'], /Functions +absent +TLS_AES_128_GCM_SHA256, TLS_AES_256/],
    [['fips', 'on'], /FipsAlgorithmPolicy +Enabled +absent +1 +reboot/],
  ] as const) {
    it(`sets ${args.join(' ')}`, async () => {
      const { code, output, errors } = await machine.run(['set', ...args, '--yes', '--undo', undo]);
      assert.equal(code, 0, errors());
      assert.match(output(), text);
      const undone = await machine.run(['undo', undo, '--yes']);
      assert.equal(undone.code, 0, undone.errors());
    });
  }

  it('takes the suites of a file: a template, or the report of another machine', async () => {
    const file = path.join(folder, 'a.json');
    const suites = ['TLS_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'];
    const args = ['set', 'suites', '--template', file, '--dry-run', '--json'];
    const planned = async (): Promise<unknown> => {
      const { code, output, errors } = await machine.run(args);
      assert.equal(code, 0, errors());
      return (JSON.parse(output()) as { changes: { then: unknown }[] }).changes.map(({ then }) => then);
    };
    await writeFile(file, JSON.stringify({ suites }));
    assert.deepEqual(await planned(), [suites]);
    const other = new PolicyMachine({ suites: [...suites].reverse() });
    await writeFile(file, (await other.run(['show', '--json'])).output());
    assert.deepEqual(await planned(), [[...suites].reverse()]);
    await writeFile(file, '{"groups":["NistP256"]}');
    const { code, errors } = await machine.run(args);
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /lists no cipher suites/);
  });

  it('refuses no suites, and names beside a template', async () => {
    const names = ['TLS_AES_256_GCM_SHA384', '--template', 'mozilla-modern'];
    const both = await machine.run(['set', 'suites', ...names, '--dry-run']);
    assert.equal(both.code, EXIT_CODES.usage);
    const none = await machine.run(['set', 'suites', '--dry-run']);
    assert.equal(none.code, EXIT_CODES.usage);
    assert.match(none.errors(), /--template/);
  });

  it('writes into the undo file which template was taken', async () => {
    await machine.run(['set', 'suites', '--template', 'mozilla-modern', '--yes', '--undo', undo]);
    const text = (await readFile(undo)).toString('utf16le');
    assert.match(text, /; schannel policy set suites --template mozilla-modern\r\n/);
  });

  it('asks twice before it switches FIPS mode on', async () => {
    for (const [typed, done] of [
      ['y\rn\r', false],
      ['y\ry\r', true],
    ] as const) {
      const stdin = new Keyboard();
      stdin.write(typed);
      const { errors } = await machine.run(['set', 'fips', 'on', '--undo', undo], { stdin, terminal: true });
      assert.match(errors(), /all programs[^\n]*\? \[y\/N\] .*\.NET Framework, EFS and Remote Desktop/);
      assert.equal(`${FIPS_KEY}\\Enabled` in machine.registry.content(), done);
      assert.equal(existsSync(undo), done);
    }
  });

  it('leaves no role without a version, unless told so', async () => {
    machine = new PolicyMachine({ server: 0x400 });
    const args = ['set', 'protocol', 'TLS 1.2', 'server', 'off', '--dry-run'];
    const { code, errors } = await machine.run(args);
    assert.equal(code, EXIT_CODES.failure);
    assert.match(errors(), /last version/);
    assert.equal((await machine.run([...args, '--even-none'])).code, 0);
  });

  for (const args of [
    ['protocol', 'TLS 1.4', 'server', 'off'],
    ['protocol', 'TLS 1.2', 'peer', 'off'],
    ['protocol', 'TLS 1.2', 'server', 'maybe'],
    ['event-logging', '8'],
    ['client-auth-trust', 'x'],
    ['groups', 'a,b'],
  ]) {
    it(`refuses ${args.join(' ')}`, async () => {
      assert.equal((await machine.run(['set', ...args, '--dry-run'])).code, EXIT_CODES.usage);
    });
  }
});
