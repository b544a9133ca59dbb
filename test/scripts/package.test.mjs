import assert from 'node:assert/strict';
import { problemsOf } from '../../scripts/package/archive.mjs';
import { machineOf } from '../../scripts/package/machine.mjs';

/** The beginning of a Windows binary for this machine. */
function binary(machine) {
  const bytes = Buffer.alloc(0x90);
  bytes.write('MZ');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80);
  bytes.writeUInt16LE(machine, 0x84);
  return bytes;
}

const FILES = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'binding.gyp',
  'CMakeLists.txt',
  'cmake/mingw-w64.cmake',
  'dist/index.js',
  'dist/index.d.ts',
  'native/addon.cc',
  'lib/web/settings/page/index.html',
  'prebuilds/win32-x64/schannel.node',
];
const problems = (files, processors = ['x64'], machine = 0x8664) =>
  problemsOf(
    files.map((path) => ({ path })),
    processors,
    () => binary(machine),
  );

describe('scripts/package', () => {
  it('finds nothing in what is published', () => {
    assert.deepEqual(problems(FILES), []);
  });

  it('finds what a build has left', () => {
    for (const file of [
      'dist/.tsbuildinfo',
      'build/Release/schannel.node',
      'native/test/a.cc',
      'dist/a.js.map',
    ])
      assert.deepEqual(problems([...FILES, file]), [`${file} does not belong into the package`]);
  });

  it('finds what is missing, the add-on of a processor too', () => {
    assert.deepEqual(
      problems(
        FILES.filter((file) => file !== 'LICENSE'),
        ['x64', 'arm64'],
      ),
      ['LICENSE is missing', 'prebuilds/win32-arm64/schannel.node is missing'],
    );
  });

  it('finds an add-on for another processor than its folder says', () => {
    assert.deepEqual(problems(FILES, ['x64'], 0xaa64), ['prebuilds/win32-x64/schannel.node is for arm64']);
    assert.deepEqual(problems(FILES, ['x64'], 0x1234), [
      'prebuilds/win32-x64/schannel.node is for no processor of Windows',
    ]);
  });

  it('reads the processor of a binary, and of nothing else', () => {
    assert.deepEqual([0x8664, 0xaa64, 0x014c].map(binary).map(machineOf), ['x64', 'arm64', 'ia32']);
    const x64 = binary(0x8664);
    for (let length = 0; length < 0x86; length++) assert.equal(machineOf(x64.subarray(0, length)), null);
    assert.equal(machineOf(Buffer.from('ELF')), null);
  });
});
