import assert from 'node:assert/strict';
import { stunnelPath } from '../../../../support/stunnel-files.js';
import { planText, stunnelFault, stunnelRefusal } from '../../../../support/stunnel-plan.js';

const SERVER = '[a]\naccept = 993\ncert = a.pem\n';

const targetOf = async (lines: string): Promise<unknown> => {
  const { services } = await planText(`${SERVER}${lines}`, true);
  return services[0]?.connect;
};

describe('apps/tunnel/stunnel/program', () => {
  it('takes a program for the target, by its path from the folder of the file', async () => {
    assert.deepEqual(await targetOf('exec = imapd.exe\n'), [{ program: stunnelPath('imapd.exe') }]);
  });

  it('takes the first word of execArgs for its own name, and the others for its arguments', async () => {
    assert.deepEqual(await targetOf('exec = b\nexecArgs = imapd  -c\t"a b"\n'), [
      { program: stunnelPath('b'), argv0: 'imapd', args: ['-c', '"a', 'b"'] },
    ]);
  });

  it('gives it variables, also those from above the first section', async () => {
    const { services } = await planText(`setEnv = A=b=c\n${SERVER}exec = b\n`, true);
    assert.deepEqual(services[0]?.connect, [{ program: stunnelPath('b'), env: { A: 'b=c' } }]);
  });

  it('refuses a program that is not allowed, with its line', () =>
    assert.rejects(
      planText(`${SERVER}exec = b\n`),
      stunnelRefusal(4, 'exec = b', 'Programs are not started unless you allow it'),
    ));

  const FAULTS: readonly (readonly [lines: string, line: number, what: string])[] = [
    ['execArgs = b\n', 4, '"execArgs = b": There is no program'],
    ['exec = b\nsetEnv = A\n', 5, '"setEnv = A": A variable is written NAME=value'],
    ['exec = b\nconnect = 1\n', 1, 'Service [a]: Each service must define two endpoints'],
  ];
  for (const [lines, line, what] of FAULTS) {
    it(`${JSON.stringify(lines)}: ${what}`, () =>
      assert.rejects(planText(`${SERVER}${lines}`, true), stunnelFault(line, what)));
  }

  it('refuses to start a program without a client for it', () =>
    assert.rejects(
      planText('[a]\nclient = yes\nconnect = b:1\nexec = b\n', true),
      stunnelFault(1, 'Service [a]: A tunnel starts programs for connections only'),
    ));
});
