import assert from 'node:assert/strict';
import { checkFile, checkFiles, checkTable } from '../../scripts/check-floors.mjs';
import { house, permissions } from '../../scripts/draw-floors.mjs';
import { redraw } from '../../scripts/support/drawing.mjs';

describe('scripts/check-floors', () => {
  it('permits imports from the floors below, and from rooms that are listed', () => {
    const source = `
      import { a } from '../engine/engine.js';
      import type { B } from '../../base/errors/schannel-error.js';
      export { c } from './c.js';
      import net from 'node:net';`;
    assert.deepEqual(checkFile('lib/tls/socket/tls-socket.ts', source), []);
  });

  for (const [how, statement] of [
    ['an import', `import { a } from '../../tls/socket/a.js';`],
    ['an import of types', `import type { A } from '../../tls/socket/a.js';`],
    ['an import over several lines', `import {\n  a,\n  b,\n} from '../../tls/socket/a.js';`],
    ['an import for its effects', `import '../../tls/socket/a.js';`],
    ['an export', `export * from '../../tls/socket/a.js';`],
    ['a dynamic import', `const a = await import('../../tls/socket/a.js');`],
    ['a require', `const a = require('../../tls/socket/a.js');`],
  ]) {
    it(`refuses ${how} from a floor above`, () => {
      assert.deepEqual(checkFile('lib/base/errors/codes.ts', statement), [
        'lib/base/errors/codes.ts imports lib/tls/socket/a.ts, which nothing in lib/base/errors may',
      ]);
    });
  }

  it('refuses an import from a room of the same floor that is not listed', () => {
    assert.deepEqual(checkFile('lib/apps/doctor/a.ts', `import { b } from '../explain/b.js';`), [
      'lib/apps/doctor/a.ts imports lib/apps/explain/b.ts, which nothing in lib/apps/doctor may',
    ]);
  });

  it('keeps I/O and native code out of the engine', () => {
    const source = `
      import net from 'node:net';
      import { load } from '../../native/load.js';
      import type { B } from '../../native/binding.js';`;
    assert.deepEqual(checkFile('lib/tls/engine/engine.ts', source), [
      'lib/tls/engine/engine.ts imports node:net, which nothing in lib/tls/engine may',
      'lib/tls/engine/engine.ts imports lib/native/load.ts, which nothing in lib/tls/engine may',
    ]);
  });

  it('keeps lib to itself, but for the description of the package', () => {
    assert.deepEqual(checkFile('lib/index.ts', `import { version } from '../package.json';`), []);
    assert.deepEqual(checkFile('lib/index.ts', `import { a } from '../test/a.js';`), [
      'lib/index.ts imports test/a.ts, which has no place in scripts/floors.mjs',
    ]);
  });

  it('requires a place for every new folder', () => {
    assert.deepEqual(checkFile('lib/news/a.ts', ''), ['lib/news/a.ts has no place in scripts/floors.mjs']);
    assert.deepEqual(checkFile('lib/tls/news/a.ts', ''), [
      'lib/tls/news/a.ts has no place in scripts/floors.mjs',
    ]);
  });

  const floors = {
    ground: { about: 'the ground', uses: [] },
    upper: {
      about: 'the rest',
      uses: ['ground'],
      rooms: { left: {}, right: { uses: ['left'], also: ['ground/b'] } },
    },
  };

  it('names each permission that nothing uses', () => {
    const sources = [
      ['lib/upper/left/a.ts', `import { a } from '../../ground/a.js';`],
      ['lib/upper/right/a.ts', `import { b } from '../../ground/b.js';`],
    ];
    assert.deepEqual(checkFiles(sources, floors), [
      'scripts/floors.mjs permits upper/right → left, which nothing uses',
    ]);
  });

  it('refuses a table with a cycle', () => {
    const upsideDown = { ...floors, ground: { about: '', uses: ['upper'] } };
    assert.deepEqual(checkTable(floors), []);
    assert.deepEqual(checkTable(upsideDown), [
      'scripts/floors.mjs: ground uses upper, which is not listed before it',
    ]);
  });
});

describe('scripts/draw-floors', () => {
  const floors = {
    ground: { about: 'the ground', uses: [] },
    upper: { about: 'the rest', uses: ['ground'], rooms: { left: {}, right: { uses: ['left'] } } },
    'entry points': { about: 'the doors', uses: ['upper'] },
  };

  it('draws the highest floor on top, with its rooms', () => {
    assert.equal(
      house(floors, ['index']),
      [
        '```text',
        '┌──────────────┬─────────────┐',
        '│ entry points │ the doors   │',
        '│              │ index       │',
        '├──────────────┼─────────────┤',
        '│ upper        │ the rest    │',
        '│              │ left  right │',
        '├──────────────┼─────────────┤',
        '│ ground       │ the ground  │',
        '└──────────────┴─────────────┘',
        '```',
      ].join('\n'),
    );
  });

  it('continues many rooms on the next line', () => {
    const rooms = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`room-${at}`, {}]));
    const lines = house({ ground: { about: 'the ground', uses: [], rooms } }, []).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 110),
      [],
    );
    assert.deepEqual(lines.join(' ').match(/room-\d+/g), Object.keys(rooms));
  });

  it('lists what the floors import, and the rooms that may import more', () => {
    assert.equal(
      permissions(floors),
      [
        '| floor or room | imports |',
        '| --- | --- |',
        '| `ground` | nothing |',
        '| `upper` | `ground` |',
        '| `upper/right` | also `left` |',
        '| entry points | `upper` |',
      ].join('\n'),
    );
  });

  it('leaves what stands around a drawing', () => {
    const page = 'a\n<!-- drawn: one -->\nold\n<!-- end -->\nb\n';
    assert.equal(redraw(page, { one: 'new' }), 'a\n<!-- drawn: one -->\n\nnew\n\n<!-- end -->\nb\n');
  });
});
