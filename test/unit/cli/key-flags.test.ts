import assert from 'node:assert/strict';
import { Command } from 'commander';
import { addWindowsKeyFlags, keyKindOf, type WindowsKeyFlags, windowsKeyOf } from '#lib/cli/key-flags.js';

describe('cli/key-flags', () => {
  /** What a command makes of these arguments. */
  function parsed(...args: readonly string[]): ReturnType<typeof windowsKeyOf> {
    const command = addWindowsKeyFlags(new Command('new'))
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    return windowsKeyOf(command.parse(args, { from: 'user' }).opts<WindowsKeyFlags>());
  }

  it('leaves to the library what is not given', () => {
    assert.deepEqual(
      Object.values(parsed()).filter((value) => value !== undefined),
      [],
    );
  });

  it('passes on what is given', () => {
    assert.deepEqual(parsed('--algorithm', 'ec', '--curve', 'P-384', '--provider', 'tpm', '--exportable'), {
      algorithm: 'ec',
      modulusLength: undefined,
      namedCurve: 'P-384',
      provider: 'tpm',
      exportable: true,
    });
    assert.equal(parsed('--bits', '3072').modulusLength, 3072);
  });

  for (const args of [
    ['--algorithm', 'dsa'],
    ['--curve', 'P-224'],
    ['--bits', '1024'],
    ['--bits', '16385'],
    ['--bits', 'many'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => parsed(...args), { exitCode: 1 });
    });
  }

  it('refuses a curve for RSA, and a length for a curve', () => {
    const refusal = (message: string): object => ({ name: 'UsageError', message });
    for (const algorithm of [undefined, 'rsa'] as const) {
      const kind = { curve: 'P-256', ...(algorithm !== undefined && { algorithm }) } as const;
      assert.throws(() => keyKindOf(kind), refusal('--curve needs --algorithm ec'));
    }
    assert.throws(() => keyKindOf({ algorithm: 'ec', bits: 2048 }), refusal('--bits needs --algorithm rsa'));
  });

  it('shows the defaults of the command', () => {
    const help = addWindowsKeyFlags(new Command('new'), { bits: 3072, curve: 'P-384' }).helpInformation();
    assert.match(help, /RSA key \(default: 3072\)/);
    assert.match(help, /\(default: P-384\)/);
  });
});
