import assert from 'node:assert/strict';
import { compare as compareErrorDocs } from '../../scripts/check-error-docs.mjs';
import { checkFile } from '../../scripts/check-layers.mjs';
import { compare as compareSources } from '../../scripts/check-sources.mjs';

describe('scripts/check-layers', () => {
  it('lets the arrows point downward', () => {
    const source = `
      import { a } from '../engine/engine.js';
      import type { B } from '../errors/schannel-error.js';
      export { c } from './c.js';
      import net from 'node:net';`;
    assert.deepEqual(checkFile('lib/socket/tls-socket.ts', source), []);
  });

  for (const [how, statement] of [
    ['an import', `import { a } from '../socket/a.js';`],
    ['an import of types', `import type { A } from '../socket/a.js';`],
    ['an import over several lines', `import {\n  a,\n  b,\n} from '../socket/a.js';`],
    ['an import for its effects', `import '../socket/a.js';`],
    ['an export', `export * from '../socket/a.js';`],
    ['a dynamic import', `const a = await import('../socket/a.js');`],
    ['a require', `const a = require('../socket/a.js');`],
  ]) {
    it(`refuses ${how} that points upward`, () => {
      assert.deepEqual(checkFile('lib/errors/codes.ts', statement), [
        'lib/errors/codes.ts imports lib/socket/a.ts: lib/errors may use no other layer',
      ]);
    });
  }

  it('keeps I/O and native code out of the engine', () => {
    const source = `import net from 'node:net';\nimport { load } from '../native/load.js';\nimport type { B } from '../native/binding.js';`;
    assert.deepEqual(checkFile('lib/engine/engine.ts', source), [
      'lib/engine/engine.ts imports node:net: nothing in lib/engine may',
      'lib/engine/engine.ts imports lib/native/load.ts: lib/engine may use errors, native/binding',
    ]);
  });

  it('keeps lib to itself, but for the description of the package', () => {
    assert.deepEqual(checkFile('lib/index.ts', `import { version } from '../package.json';`), []);
    assert.deepEqual(checkFile('lib/index.ts', `import { a } from '../test/a.js';`), [
      'lib/index.ts imports test/a.ts, which is no part of lib',
    ]);
  });

  it('asks for a place for every new folder', () => {
    assert.match(checkFile('lib/news/a.ts', '')[0], /has no layer named news/);
  });
});

describe('scripts/check-error-docs', () => {
  const page = (text) => [['docs/errors.md', text]];
  const lib = (text) => [['lib/a.ts', text]];

  it('is content when both name the same codes', () => {
    assert.deepEqual(
      compareErrorDocs(
        page('ERR_SCHANNEL_A_B, ERR_SCHANNEL_C'),
        lib(`'ERR_SCHANNEL_C' | 'ERR_SCHANNEL_A_B'`),
      ),
      [],
    );
  });

  it('takes what ends in an underscore for a family', () => {
    assert.deepEqual(
      compareErrorDocs(page('ERR_SCHANNEL_PEER_… and ERR_SCHANNEL_A'), lib(`'ERR_SCHANNEL_A'`)),
      [],
    );
  });

  it('names a code that is not explained, and one that is gone', () => {
    assert.deepEqual(compareErrorDocs(page('ERR_SCHANNEL_OLD'), lib(`'ERR_SCHANNEL_NEW'`)), [
      'docs/errors.md does not explain ERR_SCHANNEL_NEW of lib/a.ts',
      'docs/errors.md explains ERR_SCHANNEL_OLD, which lib does not use',
    ]);
  });
});

describe('scripts/check-sources', () => {
  const gyp = (sources, extra = {}) => JSON.stringify({ targets: [{ sources, ...extra }] });

  it('is content when each source is listed once', () => {
    assert.deepEqual(compareSources(gyp(['native/a.cc', 'native/b.rc']), ['native/a.cc', 'native/b.rc']), []);
  });

  it('names what is missing, listed twice, or gone', () => {
    assert.deepEqual(
      compareSources(gyp(['native/a.cc', 'native/a.cc', 'native/c.cc']), ['native/a.cc', 'native/b.cc']),
      [
        'binding.gyp does not list native/b.cc',
        'binding.gyp lists native/a.cc twice',
        'binding.gyp lists native/c.cc, which does not exist',
      ],
    );
  });

  it('refuses what gyp would read and CMake would not', () => {
    assert.match(compareSources(`{ 'targets': [] } # list`, [])[0], /not strict JSON/);
  });

  it('refuses what CMake would read and gyp would not', () => {
    assert.deepEqual(compareSources(gyp([], { win_delay_load_hook: false }), []), [
      "binding.gyp: targets.0.win_delay_load_hook is true, false or null, which gyp (Python) can't read",
    ]);
  });
});
