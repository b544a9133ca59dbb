import assert from 'node:assert/strict';
import { compare } from '../../bench/cost/compare.mjs';
import { PATHS } from '../../bench/cost/paths.mjs';
import { drawTables } from '../../bench/cost/tables.mjs';
import { compareInstructions } from '../../bench/cost/instructions.mjs';
import { check, drawCosts } from '../../scripts/draw-costs.mjs';

describe('bench/cost', () => {
  const recorded = { 'write 1 MiB': { copied: 1_048_576, 'sspi.EncryptMessage': 64 } };

  it('has nothing to say about the same figures', () => {
    assert.equal(compare(recorded, structuredClone(recorded)), '');
  });

  it('names the path, the unit, both figures and the command', () => {
    const counted = { 'write 1 MiB': { copied: 2_097_152, 'sspi.EncryptMessage': 64 } };
    const told = compare(recorded, counted);
    assert.match(told, /^The library does more work than bench\/cost-figures\.json says:$/m);
    assert.match(told, /^path +unit +recorded +now$/m);
    assert.match(told, /^write 1 MiB +bytes copied +1,048,576 +2,097,152 +more$/m);
    assert.match(told, /^ +npm run bench -- --only cost --write$/m);
    assert.doesNotMatch(told, /EncryptMessage/);
  });

  it('shows what is new, what is gone and what has fallen', () => {
    const counted = {
      'write 1 MiB': { copied: 1_048_576, 'sspi.EncryptMessage': 32, trips: 1 },
      'list a store': { crossings: 2 },
    };
    const told = compare(recorded, counted);
    assert.match(told, /more work in some places, and less in others/);
    assert.match(told, /^write 1 MiB +EncryptMessage +64 +32 +less$/m);
    assert.match(told, /^write 1 MiB +worker trips +0 +1 +more$/m);
    assert.match(told, /^list a store +calls into the add-on +0 +2 +more$/m);
    assert.match(compare(counted, { ...counted, 'list a store': {} }), /does less work than/);
  });

  it('compares what is counted, and not what V8 makes of it', () => {
    const costs = { 'write 1 MiB': { heap: 40_000, copied: 40_000 } };
    assert.equal(compare(costs, { 'write 1 MiB': { heap: 50_000, copied: 40_000 } }), '');
    assert.match(
      compare(costs, { 'write 1 MiB': { heap: 40_000, copied: 40_001 } }),
      /copied +40,000 +40,001/,
    );
  });

  it('draws a figure for each byte of data, and for each handshake', () => {
    const paths = [
      { name: 'write', unit: 'MiB', pieces: 2, bytes: 1000 },
      { name: 'handshake', unit: 'handshake', pieces: 1 },
    ];
    const { data, others, sspi } = drawTables(
      {
        write: { crossings: 6, copied: 1500, memory: 500, allocated: 250, 'sspi.EncryptMessage': 3 },
        handshake: { trips: 2, 'sspi.QueryContextAttributes': 1, 'sspi.InitializeSecurityContext': 2 },
      },
      paths,
    );
    assert.match(data, /\| write: MiB \| 3 \| 1\.5 \| 0 \| 1\.5 \| 0\.75 \|/);
    assert.match(others, /\| handshake \| 0 \| 2 \| 0 \| 3 \|/);
    assert.match(sspi, /\| handshake \| 1 × QueryContextAttributes, 2 × InitializeSecurityContext \|$/);
  });

  it('names instructions that have changed by more than one per cent, with the same compiler', () => {
    const counted = (compiler, one, two) => ({ compiler, counts: { one, two } });
    const recorded = counted('g++ 12', 1000, 500);
    assert.deepEqual(compareInstructions(recorded, counted('g++ 12', 1010, 495)), []);
    assert.deepEqual(compareInstructions(recorded, counted('g++ 12', 1011, 494)), [
      'one: 1011 instructions, and 1000 are recorded',
      'two: 494 instructions, and 500 are recorded',
    ]);
    assert.deepEqual(compareInstructions(recorded, counted('g++ 14', 9, 9)), [
      'The recorded instructions are those of g++ 12, and this is g++ 14.',
    ]);
  });

  it('has a figure of each path on the page', () => {
    assert.deepEqual(check(), []);
    const costs = Object.fromEntries(PATHS.map(({ name }) => [name, { crossings: 7 }]));
    const page = drawCosts(
      '<!-- drawn: data -->\n<!-- end -->\n<!-- drawn: others -->\n<!-- end -->\n<!-- drawn: instructions -->\n<!-- end -->\n',
      { costs, instructions: { compiler: 'g++ 12', counts: { 'a record': 1234 } } },
    );
    assert.match(page, /\| g\+\+ 12 \| instructions \|\n.*\n\| a record \| 1,234 \|/);
    for (const { name } of PATHS) assert.match(page, new RegExp(`\\| ${name}`));
  });
});
