import assert from 'node:assert/strict';
import { compare, drawPage, tableOf } from '../../scripts/draw-libraries.mjs';
import { merged } from '../../scripts/libraries/results.mjs';

const outcome = (library, node, way, form, failure = null) => ({
  ...{ library, server: 'a server', node, version: node === 20 ? '1.0.0' : '2.0.0' },
  ...{ way, form, failure },
});
const OUTCOMES = [
  outcome('mqtt', 24, 'register', 'PEM'),
  outcome('mqtt', 24, 'register', 'store'),
  outcome('mqtt', 24, 'adapter', 'store'),
  outcome('mqtt', 20, 'register', 'PEM'),
  outcome('redis', 24, 'register', 'PEM', 'no such host'),
];
const PAGE = 'Before.\n\n<!-- drawn: libraries -->\n<!-- end -->\n\nAfter.\n';

describe('scripts/draw-libraries', () => {
  it('has a row for each, with its versions, and what failed', () => {
    assert.deepEqual(tableOf(merged([], OUTCOMES)).split('\n').slice(2), [
      '| mqtt | 2.0.0 on Node 24; 1.0.0 on Node 20 | works | works | a server |',
      '| redis | 2.0.0 | PEM on Node 24: no such host |  | a server |',
    ]);
  });

  it('takes new results in place of older ones on the same Node', () => {
    const again = [outcome('redis', 24, 'register', 'PEM')];
    const results = merged(merged([], OUTCOMES), again);
    assert.deepEqual(
      results.map(({ library, node, register }) => [library, node, register]),
      [
        ['mqtt', 20, { PEM: null }],
        ['redis', 24, { PEM: null }],
      ],
    );
  });

  it('is on the page, and knows each library', () => {
    const results = merged([], OUTCOMES);
    const cases = [{ library: 'mqtt', adapter: true }, { library: 'redis' }];
    assert.match(compare(PAGE, results, cases).join(), /^docs\/libraries.md is not what/);
    const drawn = drawPage(PAGE, results);
    assert.match(drawn, /^Before\.[^]*\| mqtt \|[^]*After\.\n$/);
    const others = '<!-- drawn: suites -->\nAnother table.\n<!-- end -->\n';
    assert.equal(drawPage(PAGE + others, results), drawn + others);
    assert.deepEqual(compare(drawn, results, cases), []);
    assert.match(compare(drawn, results, [{ library: 'pg' }]).join(), /says nothing about pg/);
    assert.match(
      compare(drawn, results, [{ library: 'redis', adapter: true }]).join(),
      /nothing about redis/,
    );
  });
});
