import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { applyChangeTo, undoChangeOf } from '#lib/windows/policy/apply-change.js';
import { LOCAL_SUITES_KEY, PROTOCOLS_KEY, SCHANNEL_KEY } from '#lib/windows/policy/keys.js';
import type { Change } from '#lib/windows/policy/change.js';
import { planChange, type WantedPolicy } from '#lib/windows/policy/plan-change.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { parseRegFile, writeRegFile } from '#lib/windows/registry/reg-file.js';
import { numberValue, REG } from '#lib/windows/registry/registry-value.js';
import { ScriptedRegistry, scriptedPolicySystem } from '../../../support/scripted-policy.js';

const KEY = `${PROTOCOLS_KEY}\\TLS 1.0\\Server`;
const TLS10_OFF: WantedPolicy = { protocol: 'TLS 1.0', role: 'server', state: 'off' };

describe('windows/policy/apply-change', () => {
  let folder: string;
  let undoFile: string;
  let registry: ScriptedRegistry;
  let system: ReturnType<typeof scriptedPolicySystem>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    undoFile = path.join(folder, 'undo.reg');
    registry = new ScriptedRegistry()
      .put(SCHANNEL_KEY, 'EventLogging', 1)
      .put(`${PROTOCOLS_KEY}\\SSL 2.0\\Client`, 'DisabledByDefault', 1);
    system = scriptedPolicySystem(registry);
  });

  afterEach(() => rm(folder, { recursive: true }));

  const plan = async (wanted: WantedPolicy): Promise<Change[]> =>
    planChange(await readPolicyOf(system), wanted);

  it('writes the undo file before it changes anything', async () => {
    const files: Buffer[] = [];
    registry.beforeWrite = () => {
      files.push(readFileSync(undoFile));
    };
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile, comment: 'why' });
    const [file = Buffer.alloc(0)] = files;
    assert.match(file.toString('utf16le'), /; why\r\n/);
    assert.deepEqual(
      parseRegFile(file).map((entry) =>
        entry.kind === 'value' ? [entry.name, entry.value, entry.written] : entry.path,
      ),
      [
        ['Enabled', null, numberValue(0)],
        ['DisabledByDefault', null, numberValue(1)],
        ...[KEY, `${PROTOCOLS_KEY}\\TLS 1.0`],
      ],
    );
  });

  it('changes values, and undoes them with the keys that it made', async () => {
    const before = registry.content();
    const applied = await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    assert.deepEqual(applied.createdKeys, [KEY, `${PROTOCOLS_KEY}\\TLS 1.0`]);
    assert.equal((await readPolicyOf(system)).protocols['TLS 1.0'].server.state, 'disabled');
    const undone = await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(
      undone.map(({ name, now, then }) => [name, now, then]),
      [
        ['Enabled', 0, null],
        ['DisabledByDefault', 1, null],
      ],
    );
    assert.deepEqual(new Set(undone.map(({ takesEffect }) => takesEffect)), new Set(['new credentials']));
    assert.deepEqual(registry.content(), before);
    assert.deepEqual(await undoChangeOf(system, await readFile(undoFile)), []);
  });

  it('restores former values', async () => {
    registry.put(KEY, 'Enabled', 0xffffffff);
    const before = registry.content();
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    assert.notDeepEqual(registry.content(), before);
    await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(registry.content(), before);
  });

  it('keeps a key in which someone has put something since', async () => {
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    registry.put(KEY, 'theirs', 1);
    await undoChangeOf(system, await readFile(undoFile));
    const content = registry.content();
    assert.ok(`${KEY}\\theirs` in content);
    assert.ok(!(`${KEY}\\Enabled` in content));
  });

  it('changes nothing if a value is not what was planned for', async () => {
    const changes = await plan(TLS10_OFF);
    registry.put(KEY, 'DisabledByDefault', 0);
    const code = 'ERR_SCHANNEL_POLICY_CHANGED';
    await assert.rejects(applyChangeTo(system, changes, { undoFile }), { code });
    assert.deepEqual(registry.writes, []);
    await assert.rejects(readFile(undoFile), { code: 'ENOENT' });
  });

  it('changes nothing if this account may not', async () => {
    registry.denied.add(KEY);
    const code = 'ERR_SCHANNEL_POLICY_ACCESS_DENIED';
    await assert.rejects(applyChangeTo(system, await plan(TLS10_OFF), { undoFile }), { code });
    assert.deepEqual(registry.writes, []);
    await assert.rejects(readFile(undoFile), { code: 'ENOENT' });
  });

  it('says of an undone setting when it counts, as of a planned one', async () => {
    for (const wanted of [{ clientAuthTrust: 2 }, { eventLogging: 7 }, { groups: ['NistP384'] }] as const) {
      await rm(undoFile, { force: true });
      const changes = await plan(wanted);
      await applyChangeTo(system, changes, { undoFile });
      const undone = await undoChangeOf(system, await readFile(undoFile));
      assert.deepEqual(
        undone.map(({ takesEffect }) => takesEffect),
        changes.map(({ takesEffect }) => takesEffect),
      );
    }
  });

  it('never replaces an undo file', async () => {
    await applyChangeTo(system, await plan({ eventLogging: 7 }), { undoFile });
    await assert.rejects(applyChangeTo(system, await plan({ eventLogging: 3 }), { undoFile }), {
      code: 'EEXIST',
    });
    assert.equal((await readPolicyOf(system)).eventLogging, 7);
  });

  it('changes nothing if the undo file cannot be written', async () => {
    const nowhere = path.join(folder, 'none', 'undo.reg');
    await assert.rejects(applyChangeTo(system, await plan(TLS10_OFF), { undoFile: nowhere }), {
      code: 'ENOENT',
    });
    assert.deepEqual(registry.writes, []);
  });

  it('takes back what it has written if the next value fails, and leaves no undo file', async () => {
    const before = registry.content();
    registry.beforeWrite = (what) => {
      if (what === `set ${KEY}\\DisabledByDefault`) throw new Error('half done');
    };
    await assert.rejects(applyChangeTo(system, await plan(TLS10_OFF), { undoFile }), /half done/);
    assert.deepEqual(registry.content(), before);
    assert.deepEqual(await readdir(folder), []);
    assert.ok(registry.writes.includes(`set ${KEY}\\Enabled`));
  });

  it('leaves a value that someone changes while it writes', async () => {
    registry.beforeWrite = (what) => {
      if (what === `set ${KEY}\\Enabled`) registry.put(KEY, 'DisabledByDefault', 0);
    };
    await assert.rejects(applyChangeTo(system, await plan(TLS10_OFF), { undoFile }), {
      code: 'ERR_SCHANNEL_POLICY_CHANGED',
    });
    assert.ok(!registry.writes.some((what) => what.endsWith('\\DisabledByDefault')));
    assert.equal((await readPolicyOf(system)).protocols['TLS 1.0'].server.values.disabledByDefault, 0);
    // The first value is as it was, and its key is kept for what is in it.
    assert.ok(!(`${KEY}\\Enabled` in registry.content()));
    assert.deepEqual(await readdir(folder), []);
  });

  it('replaces a value of a type that Schannel does not read, and undoes it', async () => {
    registry.put(KEY, 'Enabled', { type: REG.text, data: Buffer.from('1\0', 'utf16le') });
    const before = registry.content();
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    assert.equal((await readPolicyOf(system)).protocols['TLS 1.0'].server.state, 'disabled');
    await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(registry.content(), before);
  });

  it('replaces a list that is a text with commas, and undoes it', async () => {
    const data = Buffer.from('NistP256, NistP384,\0', 'utf16le');
    registry.put(LOCAL_SUITES_KEY, 'EccCurves', { type: REG.text, data });
    const before = registry.content();
    await applyChangeTo(system, await plan({ groups: ['NistP384'] }), { undoFile });
    assert.deepEqual((await readPolicyOf(system)).groups.local, ['NistP384']);
    await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(registry.content(), before);
  });

  it('takes back what a signal stops', async () => {
    const before = registry.content();
    const controller = new AbortController();
    registry.beforeWrite = () => {
      controller.abort(new Error('stopped'));
    };
    await assert.rejects(
      applyChangeTo(system, await plan(TLS10_OFF), { signal: controller.signal }),
      /stopped/,
    );
    assert.deepEqual(registry.content(), before);
  });

  it('names what it cannot take back', async () => {
    registry.beforeWrite = (what) => {
      if (what !== `set ${KEY}\\Enabled`) throw new Error('no more');
    };
    const changing = applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    await assert.rejects(changing, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_SCHANNEL_POLICY_LEFTOVERS');
      assert.ok(error.message.includes(`HKLM\\${KEY}\\Enabled`));
      assert.ok(!error.message.includes('\\DisabledByDefault'));
      assert.match(String(error.cause), /no more/);
      return true;
    });
    // It can still be used, when the registry lets it.
    registry.beforeWrite = () => undefined;
    await undoChangeOf(system, await readFile(undoFile));
    assert.equal((await readPolicyOf(system)).protocols['TLS 1.0'].server.state, 'default');
  });

  it('does not believe a success that changes nothing', async () => {
    registry.ignored.add('DisabledByDefault');
    const before = registry.content();
    const code = 'ERR_SCHANNEL_POLICY_UNVERIFIED';
    await assert.rejects(applyChangeTo(system, await plan(TLS10_OFF)), { code });
    assert.deepEqual(registry.content(), before);
  });

  it('sets cipher suites by the functions of CNG, and never has none', async () => {
    const [first, second, third] = (await readPolicyOf(system)).suites.documented ?? [];
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    registry.put(LOCAL_SUITES_KEY, 'Functions', [first, second]);
    const before = registry.content();
    await applyChangeTo(system, await plan({ suites: [third, second] }), { undoFile });
    assert.deepEqual(system.calls, [`+0 ${third}`, `- ${second}`, `+1 ${second}`, `- ${first}`]);
    assert.deepEqual(registry.writes, []);
    assert.deepEqual((await readPolicyOf(system)).suites.local, [third, second]);
    await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(registry.content(), before);
  });

  it('keeps the only cipher suite while others are added, and moves none that has its place', async () => {
    const [first, second, third] = (await readPolicyOf(system)).suites.documented ?? [];
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    registry.put(LOCAL_SUITES_KEY, 'Functions', [first]);
    await applyChangeTo(system, await plan({ suites: [first, second] }));
    assert.deepEqual(system.calls, [`+1 ${second}`]);
    system.calls.length = 0;
    await applyChangeTo(system, await plan({ suites: [second, first, third] }));
    assert.deepEqual(system.calls, [`- ${second}`, `+0 ${second}`, `+2 ${third}`]);
    assert.deepEqual((await readPolicyOf(system)).suites.local, [second, first, third]);
  });

  it('notices that cipher suites were not set', async () => {
    system = scriptedPolicySystem(registry, { deafSuites: true });
    const changes = await plan({ suites: ['TLS_AES_128_GCM_SHA256'] });
    await assert.rejects(applyChangeTo(system, changes), { code: 'ERR_SCHANNEL_POLICY_UNVERIFIED' });
  });

  it('undoes nothing if this account may not', async () => {
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    const changed = registry.content();
    registry.denied.add(KEY);
    registry.writes.length = 0;
    const code = 'ERR_SCHANNEL_POLICY_ACCESS_DENIED';
    await assert.rejects(undoChangeOf(system, await readFile(undoFile)), { code });
    assert.deepEqual(registry.writes, []);
    assert.deepEqual(registry.content(), changed);
  });

  it('leaves a change whole that it cannot undo whole', async () => {
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    const changed = registry.content();
    registry.beforeWrite = (what) => {
      if (what === `remove ${KEY}\\DisabledByDefault`) throw new Error('half undone');
    };
    await assert.rejects(undoChangeOf(system, await readFile(undoFile)), /half undone/);
    assert.deepEqual(registry.content(), changed);
    registry.beforeWrite = () => undefined;
    assert.equal((await undoChangeOf(system, await readFile(undoFile))).length, 2);
  });

  it('undoes the rest of a change that was made in part', async () => {
    const before = registry.content();
    await applyChangeTo(system, await plan(TLS10_OFF), { undoFile });
    // As if the process had ended after the first value.
    await registry.remove(KEY, 'DisabledByDefault');
    const undone = await undoChangeOf(system, await readFile(undoFile));
    assert.deepEqual(
      undone.map(({ name }) => name),
      ['Enabled'],
    );
    assert.deepEqual(registry.content(), before);
  });

  it('undoes nothing that was changed since, unless it is forced to', async () => {
    await applyChangeTo(system, await plan({ eventLogging: 7 }), { undoFile });
    registry.put(SCHANNEL_KEY, 'EventLogging', 3);
    const file = await readFile(undoFile);
    await assert.rejects(undoChangeOf(system, file), { code: 'ERR_SCHANNEL_POLICY_CHANGED' });
    assert.equal((await readPolicyOf(system)).eventLogging, 3);
    await undoChangeOf(system, file, { force: true });
    assert.equal((await readPolicyOf(system)).eventLogging, 1);
  });

  for (const [what, entry] of [
    ['a value of another key', { kind: 'value', path: 'SOFTWARE\\x', name: 'Enabled', value: null }],
    ['another value', { kind: 'value', path: SCHANNEL_KEY, name: 'x', value: null }],
    [
      'a value of a key that looks like a version',
      { kind: 'value', path: `${KEY}\\x`, name: 'Enabled', value: null },
    ],
    ['another key to remove', { kind: 'remove key', path: 'SYSTEM\\CurrentControlSet' }],
  ] as const) {
    it(`refuses a file with ${what}`, async () => {
      const file = writeRegFile([], [entry]);
      await assert.rejects(undoChangeOf(system, file, { force: true }), { code: 'ERR_SCHANNEL_POLICY_FILE' });
      assert.deepEqual(registry.writes, []);
    });
  }

  it('refuses a damaged file', async () => {
    await assert.rejects(undoChangeOf(system, Buffer.from('x')), { code: 'ERR_SCHANNEL_POLICY_FILE' });
  });

  it('refuses a plan with a value that is not a setting', async () => {
    const change: Change = { key: 'SOFTWARE\\x', name: 'y', now: null, then: 1, takesEffect: 'reboot' };
    await assert.rejects(applyChangeTo(system, [change]), RangeError);
  });
});
