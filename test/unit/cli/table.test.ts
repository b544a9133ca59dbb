import assert from 'node:assert/strict';
import { formatTable } from '#lib/cli/table.js';
import { styleFor } from '#lib/cli/terminal.js';
import { capturedIO } from '../../support/captured-io.js';

const plain = styleFor(capturedIO().stdout, {});
const coloured = styleFor(capturedIO({ terminal: true }).stdout, {});

describe('cli/table', () => {
  it('aligns columns and ends lines without spaces', () => {
    const rows = [
      ['bar.example', '1 day', ''],
      ['a', '100 days', 'x'],
    ];
    assert.deepEqual(formatTable(['Name', 'Left', 'Friendly name'], rows, plain), [
      'Name         Left      Friendly name',
      'bar.example  1 day',
      'a            100 days  x',
    ]);
  });

  it('knows how wide East Asian characters are', () => {
    assert.deepEqual(
      formatTable(
        ['Name', 'Left'],
        [
          ['証明書', '1'],
          ['abcdef', '2'],
        ],
        plain,
      ),
      ['Name    Left', '証明書  1', 'abcdef  2'],
    );
  });

  it('does not count colours', () => {
    const [, first, second] = formatTable(
      ['A', 'B'],
      [
        [coloured.bad('x'), '1'],
        ['yyy', '2'],
      ],
      coloured,
    );
    assert.equal(first, `${coloured.bad('x')}    1`);
    assert.equal(second, 'yyy  2');
  });

  it('has only its head if there are no rows', () => {
    assert.deepEqual(formatTable(['A', 'B'], [], plain), ['A  B']);
  });

  it('formats a store of ten thousand certificates', () => {
    const rows = Array.from({ length: 10_000 }, (_, at) => [`name ${at}`, '証明書', 'A'.repeat(40)]);
    assert.equal(formatTable(['A', 'B', 'C'], rows, plain).length, 10_001);
  });
});
