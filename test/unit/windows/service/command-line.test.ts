import assert from 'node:assert/strict';
import { serviceCommandLine, splitCommandLine } from '#lib/windows/service/command-line.js';

const NODE = 'C:\\Program Files\\nodejs\\node.exe';

describe('windows/service/command-line', () => {
  const args: readonly (readonly [what: string, argument: string, written: string])[] = [
    ['a word', 'tunnel', '"tunnel"'],
    ['nothing', '', '""'],
    ['a space', 'C:\\my files\\a.conf', '"C:\\my files\\a.conf"'],
    ['a trailing backslash', 'C:\\folder\\', '"C:\\folder\\\\"'],
    ['many of them', 'C:\\\\\\', '"C:\\\\\\\\\\\\"'],
    ['a quotation mark', 'a"b', '"a\\"b"'],
    ['a backslash before one', 'a\\"b', '"a\\\\\\"b"'],
    ['one at the end', 'a"', '"a\\""'],
    ['backslashes before other characters', '\\\\server\\share\\x', '"\\\\server\\share\\x"'],
    ['Unicode', 'C:\\Käse\\мост\\橋🔒.conf', '"C:\\Käse\\мост\\橋🔒.conf"'],
    ['a tab', 'a\tb', '"a\tb"'],
    ['one percent sign', '100%', '"100%"'],
  ];
  for (const [what, argument, written] of args) {
    it(`quotes ${what}, and Windows reads the same`, () => {
      const line = serviceCommandLine(NODE, [argument, 'last']);
      assert.equal(line, `"${NODE}" ${written} "last"`);
      assert.deepEqual(splitCommandLine(line), [NODE, argument, 'last']);
    });
  }

  it('leaves no program without quotes', () => {
    assert.equal(serviceCommandLine('C:\\a.exe', []), '"C:\\a.exe"');
    assert.equal(serviceCommandLine('\\\\server\\share\\a.exe', []), '"\\\\server\\share\\a.exe"');
  });

  const refused: readonly (readonly [what: string, program: string, args: readonly string[]])[] = [
    ['a program without a folder', 'node.exe', []],
    ['a program without a drive', '\\node.exe', []],
    ['a relative program', 'C:node.exe', []],
    ['a quotation mark in the program', 'C:\\a" "b.exe', []],
    ['a variable', NODE, ['%TEMP%\\a.conf']],
    ['a variable over two arguments', NODE, ['100%', '50%']],
    ['a line end', NODE, ['a\nb']],
    ['a NUL', NODE, ['a\0b']],
    ['more than a process can have', NODE, ['x'.repeat(32_767)]],
  ];
  for (const [what, program, list] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => serviceCommandLine(program, list), { code: 'ERR_SCHANNEL_SERVICE_COMMAND' });
    });
  }

  // The examples of "Parsing C command-line arguments", and lines of other programs.
  const foreign: readonly (readonly [line: string, parts: readonly string[]])[] = [
    ['a.exe "abc" d e', ['a.exe', 'abc', 'd', 'e']],
    ['a.exe a\\\\\\b d"e f"g h', ['a.exe', 'a\\\\\\b', 'de fg', 'h']],
    ['a.exe a\\\\\\"b c d', ['a.exe', 'a\\"b', 'c', 'd']],
    ['a.exe a\\\\\\\\"b c" d e', ['a.exe', 'a\\\\b c', 'd', 'e']],
    ['a.exe a"b"" c d', ['a.exe', 'ab" c d']],
    [
      'C:\\Windows\\system32\\svchost.exe -k netsvcs  -p',
      ['C:\\Windows\\system32\\svchost.exe', '-k', 'netsvcs', '-p'],
    ],
    ['"C:\\a b\\c.exe"', ['C:\\a b\\c.exe']],
    ['', ['']],
  ];
  for (const [line, parts] of foreign) {
    it(`splits ${JSON.stringify(line)}`, () => {
      assert.deepEqual(splitCommandLine(line), parts);
    });
  }
});
