import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useRig } from './support.mjs';

const SOURCE = fileURLToPath(new URL('fault.c', import.meta.url));

describe('rig: crashes of native code', () => {
  const context = useRig();
  let program;

  before(() => {
    program = join(context.directory, 'fault.exe');
    execFileSync('x86_64-w64-mingw32-gcc-posix', ['-g', '-O1', '-Wall', '-Wextra', '-o', program, SOURCE]);
  });

  const fail = (way) => context.rig.run(program, [way]);

  it('shows where memory was written that is not there', async () => {
    const { code, crash, stdout, stderr } = await fail('write');
    assert.equal(code, 0xc0000005);
    assert.deepEqual([stdout, stderr], ['before the fault\r\n', '']);
    assert.match(crash.text, /^native crash: access violation, 0xc0000005, writing address 0x0\n/);
    assert.match(
      crash.text,
      /\n {2}#0 fault\.exe\+0x[0-9a-f]+ WriteThrough \(fault\.c:7\)\n {2}#1 fault\.exe\+0x[0-9a-f]+ main \(fault\.c:/,
    );
  });

  it('finds the caller of a null pointer', async () => {
    const { crash } = await fail('call');
    assert.match(crash.text, /executing address 0x0\n {2}#0 0x0 .*\n {2}#1 fault\.exe\+0x[0-9a-f]+ main /);
  });

  it('ends a program that overflowed its stack', async () => {
    const { code, crash } = await fail('overflow');
    assert.equal(code, 0xc00000fd);
    assert.match(crash.text, /^native crash: stack overflow/);
  });

  it('names an illegal instruction', async () => {
    assert.match(
      (await fail('illegal')).crash.text,
      /illegal instruction, 0xc000001d\n {2}#0 .* main \(fault\.c:/,
    );
  });

  it('names a fast failure, which no handler sees', async () => {
    const { crash } = await fail('fail-fast');
    assert.equal(crash.code, 0xc0000409);
    assert.deepEqual(crash.frames, []);
  });

  it('does not mistake exit code 5 or a handled fault for a crash', async () => {
    for (const way of ['none', 'handled']) {
      const { code, crash } = await fail(way);
      assert.deepEqual([code, crash], [5, null], way);
    }
  });

  it('shows a crash inside node.exe, which is silent', async () => {
    const script = `
      const { dlopen } = process;
      const module = { exports: {} };
      dlopen(module, ${JSON.stringify(join(context.directory, 'fault.node'))});`;
    const addon = join(context.directory, 'fault.node');
    const source = join(fileURLToPath(new URL('.', import.meta.url)), 'fault-addon.c');
    execFileSync('x86_64-w64-mingw32-gcc-posix', [
      '-g',
      '-O1',
      '-Wall',
      '-Wextra',
      '-shared',
      '-o',
      addon,
      source,
    ]);
    const { code, crash, stderr } = await context.rig.run(context.node, ['-e', script]);
    assert.equal(code, 0xc0000005);
    assert.equal(stderr, '');
    assert.match(
      crash.text,
      /reading address 0x10\n {2}#0 fault\.node\+0x[0-9a-f]+ ReadField \(fault-addon\.c:\d+\)/,
    );
    assert.match(crash.text, /\n {2}#\d+ node\.exe\+0x/);
  });

  it('leaves WebAssembly traps to V8', async () => {
    // (func (export "f") (param i32) (result i32) (i32.load (local.get 0))) with one page of memory
    const wasm = '0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b';
    const script = `
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('${wasm}', 'hex')));
      try { exports.f(0x7fffffff); } catch (error) { console.log(error.message); }`;
    const { code, stdout } = await context.rig.run(context.node, ['-e', script]);
    assert.deepEqual([code, stdout], [0, 'memory access out of bounds\n']);
  });
});
