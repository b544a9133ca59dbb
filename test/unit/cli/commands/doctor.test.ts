import assert from 'node:assert/strict';
import type { CheckReport } from '#lib/apps/doctor/check.js';
import type { DoctorOptions, DoctorReport } from '#lib/apps/doctor/diagnose.js';
import { run } from '#lib/cli/program.js';
import { commandLibrary } from '../../../support/command-library.js';
import { FakeStores } from '../../../support/fake-stores.js';
import { capturedIO, type CapturedIO } from '../../../support/captured-io.js';

const CHECK: CheckReport = { id: 'a', title: 'A?', verdict: 'works', text: 'Yes.', milliseconds: 1 };

const report = (more: Partial<DoctorReport> = {}): DoctorReport => ({
  format: 'schannel-doctor/1',
  version: '1.2.3',
  time: '2030-01-01T00:00:00.000Z',
  write: false,
  ok: true,
  givenUp: false,
  summary: [],
  checks: [CHECK],
  left: [],
  omitted: 'names',
  ...more,
});

interface Outcome extends CapturedIO {
  readonly code: number;
  readonly asked: readonly DoctorOptions[];
}

async function doctor(args: readonly string[], answer: Partial<DoctorReport> = {}): Promise<Outcome> {
  const asked: DoctorOptions[] = [];
  const library = commandLibrary(new FakeStores(), (options) => {
    asked.push(options);
    const given = report(answer);
    for (const [at, { title }] of given.checks.entries())
      options.onProgress?.(at, given.checks.length, title);
    return Promise.resolve(given);
  });
  const io = capturedIO();
  return { ...io, asked, code: await run(['doctor', ...args], '1.2.3', library, io) };
}

describe('cli/commands/doctor', () => {
  it('changes nothing, and reports each result', async () => {
    const { code, output, asked } = await doctor([]);
    assert.equal(code, 0);
    assert.equal(output(), 'works      A? Yes.\n\nNothing is broken.\n');
    assert.deepEqual([asked[0]?.version, asked[0]?.write], ['1.2.3', false]);
  });

  it('says first what works and what the rest means, and then what it found', async () => {
    const { output } = await doctor([], {
      summary: [
        { verdict: 'works', subject: 'A client', meaning: null, checks: ['a'] },
        { verdict: 'absent', subject: 'The TPM', meaning: 'There is none.', checks: ['b'] },
      ],
    });
    assert.equal(
      output(),
      'works      A client\nabsent     The TPM\n           There is none.\n\nIn detail\n\nworks      A? Yes.\n\nNothing is broken.\n',
    );
  });

  it('creates temporary things with --write', async () => {
    const { asked } = await doctor(['--write']);
    assert.equal(asked[0]?.write, true);
  });

  it('prints nothing but the report on standard output with --json', async () => {
    const { code, output, errors } = await doctor(['--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(output()), report());
    assert.match(errors(), /^works {6}A\? Yes\.\n/);
  });

  it('ends with 1 when something is broken', async () => {
    const broken = await doctor([], { ok: false, checks: [{ ...CHECK, verdict: 'broken', text: 'No.' }] });
    assert.equal(broken.code, 1);
    assert.match(broken.output(), /broken {5}A\? No\.\n\nBroken: 1\.\n/);
  });

  it('ends with 1 if something was not removed or it was cancelled', async () => {
    const left = await doctor([], { ok: false, left: ['a key: locked'] });
    assert.equal(left.code, 1);
    assert.match(left.output(), /not removed: a key: locked\nNot everything could be removed\.\n/);
    assert.equal((await doctor([], { givenUp: true })).code, 1);
  });

  it('is cancelled by Ctrl+C, and listens for it only meanwhile', async () => {
    const before = process.listenerCount('SIGINT');
    let aborted = false;
    const library = commandLibrary(new FakeStores(), (options) => {
      process.emit('SIGINT');
      aborted = options.signal?.aborted === true;
      return Promise.resolve(report({ givenUp: true }));
    });
    assert.equal(await run(['doctor'], '1', library, capturedIO()), 1);
    assert.ok(aborted);
    assert.equal(process.listenerCount('SIGINT'), before);
  });
});
