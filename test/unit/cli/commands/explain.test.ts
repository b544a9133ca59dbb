import assert from 'node:assert/strict';
import { run } from '#lib/cli/program.js';
import { commandLibrary } from '../../../support/command-library.js';
import { capturedIO, type CapturedIO } from '../../../support/captured-io.js';

async function explain(...args: string[]): Promise<CapturedIO & { readonly code: number }> {
  const io = capturedIO();
  return { ...io, code: await run(['explain', ...args], '1', commandLibrary(), io) };
}

interface Printed {
  readonly ok: boolean;
  readonly answers: { readonly query: string; readonly meanings: { readonly name: string }[] }[];
}

describe('cli/commands/explain', () => {
  it('says what a code means and what to do', async () => {
    const { code, output } = await explain('403.13');
    assert.equal(code, 0);
    assert.match(
      output(),
      /^403\.13 HTTP: client certificate revoked\n {2}kind +IIS\n {2}meaning +The client/,
    );
    assert.match(output(), /\n {2}remedy +On the server, run certutil/);
  });

  it('accepts several codes, and pairs of a kind and a number', async () => {
    const { code, output } = await explain('0x80090325', 'alert', '42', 'event', '36887:48');
    assert.equal(code, 0);
    const heads = output().match(/^\S.*$/gm);
    assert.deepEqual(heads, [
      '0x80090325 SEC_E_UNTRUSTED_ROOT',
      '42 bad_certificate',
      '36887 Schannel event: alert received',
      '48 unknown_ca',
    ]);
  });

  it('ends with 1 when it does not know one of them', async () => {
    const { code, output } = await explain('gibberish', '403.7');
    assert.equal(code, 1);
    assert.match(output(), /^gibberish {2}unknown\n/);
    assert.match(output(), /403\.7 HTTP/);
  });

  it('prints one JSON object', async () => {
    const { code, output } = await explain('--json', '86', 'x\u001b[31m');
    assert.equal(code, 1);
    const { ok, answers } = JSON.parse(output()) as Printed;
    assert.equal(ok, false);
    assert.deepEqual(
      answers.map(({ meanings }) => meanings.map(({ name }) => name)),
      [['ERROR_INVALID_PASSWORD', 'inappropriate_fallback'], []],
    );
  });

  it('prints nothing that would steer a terminal', async () => {
    const { output } = await explain('x\u001b[31m');
    assert.ok(!output().includes('\u001b'));
  });
});
