import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  OF_OLD_WINDOWS,
  OF_PROGRAMS,
  OF_ROUNDS,
  OF_TLS,
  ON_IA32,
  ONCE_ON_THE_DOUBLE,
  ON_WINE_ONLY,
  ON_THE_OLDEST_NODE,
  planSuites,
} from '../../scripts/suites/plan.mjs';
import { nodeVersionIa32 } from '../../scripts/rig/index.mjs';
import { listFiles } from '../../scripts/support/fingerprint.mjs';
import { inRoot } from '../../scripts/support/paths.mjs';

const VERSIONS = ['24', '20'];

describe('scripts/suites/plan', () => {
  const chosen = Object.values(ON_THE_OLDEST_NODE).flat();
  const plan = (options) => planSuites({ files: [], ...options }, VERSIONS, false);
  const compiled = (file) => file.replace(/^test\//, 'dist-test/').replace(/ts$/, 'js');
  const compiledOf = (names) => names.map((name) => `dist-test/live/${name}.test.js`).sort();
  const all = listFiles(['test/live'], /\.test\.ts$/)
    .map(compiled)
    .sort();
  const programs = compiledOf(OF_PROGRAMS);
  const others = all.filter((file) => !programs.includes(file));
  /** The live suites that these options lead to, with their files. */
  const live = (options) =>
    Object.fromEntries(
      plan({ suite: ['live'], ...options }).map(({ title, files }) => [title, [...files].sort()]),
    );
  const whole = (version) => ({
    [`live (node ${version})`]: others,
    [`live (node ${version}, programs)`]: programs,
  });

  it('knows files that exist, one at least for each thing that the oldest node has to show', () => {
    for (const [what, names] of Object.entries(ON_THE_OLDEST_NODE)) assert.notEqual(names.length, 0, what);
    for (const names of [
      chosen,
      OF_OLD_WINDOWS,
      OF_PROGRAMS,
      OF_ROUNDS,
      ON_IA32,
      ONCE_ON_THE_DOUBLE,
      Object.values(ON_WINE_ONLY).flat(),
    ]) {
      assert.deepEqual(
        names.filter((name) => !existsSync(inRoot('test/live', `${name}.test.ts`))),
        [],
      );
      assert.equal(new Set(names).size, names.length);
    }
  });

  it('runs every live test on the first node, and the chosen part on the oldest', () => {
    assert.deepEqual(live({}), { ...whole(24), 'live (node 20, part)': compiledOf(chosen) });
  });

  it('runs nothing on the nodes between the oldest and the first, and on newer ones, unless told so', () => {
    const titles = planSuites({ files: [], suite: ['live'] }, ['24', '22', '20', '26'], false).map(
      ({ title }) => title,
    );
    assert.deepEqual(titles.sort(), Object.keys({ ...whole(24), 'live (node 20, part)': [] }).sort());
  });

  it('runs every live test on a node that is named', () => {
    assert.deepEqual(live({ node: ['20'] }), whole(20));
    assert.deepEqual(live({ node: ['20', '24', '20'] }), { ...whole(20), ...whole(24) });
  });

  it('runs every live test on every node if told so', () => {
    assert.deepEqual(live({ node: ['all'] }), { ...whole(24), ...whole(20) });
  });

  it('runs files that are named on every node', () => {
    const [file] = listFiles(['test/live'], /\.test\.ts$/).filter(
      (name) => others.includes(compiled(name)) && !compiledOf(chosen).includes(compiled(name)),
    );
    const only = [compiled(file)];
    assert.deepEqual(live({ files: [file] }), { 'live (node 24)': only, 'live (node 20)': only });
  });

  /** The suites on the double that these options lead to, with their files. */
  const double = (options) =>
    Object.fromEntries(
      plan({ suite: ['double'], ...options }).map(({ title, files }) => [title, [...files].sort()]),
    );
  const onWineOnly = compiledOf(Object.values(ON_WINE_ONLY).flat());
  const onDouble = others.filter((file) => !onWineOnly.includes(file));
  const ofTls = onDouble.filter((file) =>
    OF_TLS.some((folder) => file.startsWith(`dist-test/live/${folder}/`)),
  );

  const again = ofTls.filter((file) => !compiledOf(ONCE_ON_THE_DOUBLE).includes(file));

  it('runs most live tests on the double, and parts of them in other worlds', () => {
    assert.notEqual(again.length, 0);
    assert.equal(again.length, ofTls.length - ONCE_ON_THE_DOUBLE.length);
    assert.deepEqual(double({}), {
      'double (node 24, 2022, seed 0)': onDouble,
      'double (node 24, 2022, seed 1)': again,
      'double (node 24, 2016, seed 2)': compiledOf(OF_OLD_WINDOWS),
    });
  });

  it('runs every such test on the double with a seed or a node that is named', () => {
    assert.deepEqual(double({ doubleSeeds: [17] }), { 'double (node 24, 2022, seed 17)': onDouble });
    assert.deepEqual(double({ node: ['20'] }), {
      'double (node 20, 2022, seed 0)': onDouble,
      'double (node 20, 2022, seed 1)': again,
      'double (node 20, 2016, seed 2)': compiledOf(OF_OLD_WINDOWS),
    });
  });

  it('runs every such test on the double as a Windows that is named', () => {
    assert.deepEqual(double({ doubleProfiles: ['2016', '2019'], doubleSeeds: [17] }), {
      'double (node 24, 2016, seed 17)': onDouble,
      'double (node 24, 2019, seed 17)': onDouble,
    });
    assert.deepEqual(double({ doubleProfiles: ['2016'] }), { 'double (node 24, 2016, seed 0)': onDouble });
  });

  it('runs rounds over their part of the tests or over files that are named, in two halves', () => {
    assert.deepEqual(double({ doubleRounds: [7, 8, 9], doubleProfiles: ['2019'] }), {
      'double (node 24, 2019, seeds 7 to 8)': compiledOf(OF_ROUNDS),
      'double (node 24, 2019, seeds 9 to 9)': compiledOf(OF_ROUNDS),
    });
    const [file] = ofTls;
    const source = file.replace(/^dist-/, '').replace(/js$/, 'ts');
    assert.deepEqual(double({ doubleRounds: [7], files: [source] }), {
      'double (node 24, 2022, seeds 7 to 7)': [file],
    });
  });

  it('runs nothing else for a seed that is named', () => {
    const titles = plan({ doubleSeeds: [17] }).map(({ title }) => title);
    assert.deepEqual(titles, ['double (node 24, 2022, seed 17)']);
  });

  it('begins with what explains most, and goes on with what takes longest', () => {
    const titles = plan({}).map(({ title }) => title);
    assert.deepEqual(
      titles.filter((title) => !['rig', 'sanitized'].includes(title)),
      [
        ...['lint', 'native', 'unit'],
        ...['live (node 24)', 'double (node 24, 2022, seed 0)', 'live (node 24, programs)'],
        ...['double (node 24, 2022, seed 1)', 'live (node 20, part)', 'double (node 24, 2016, seed 2)'],
      ],
    );
  });

  it('runs the unit tests in a node of Windows if told so, with the add-on', () => {
    const about = (options) =>
      plan({ suite: ['unit'], ...options }).map(({ title, needs, nodes }) => [title, needs, nodes]);
    assert.deepEqual(about({}), [['unit', ['compiled'], []]]);
    const built = ['compiled', 'native'];
    assert.deepEqual(about({ onWindows: true }), [['unit (node 24)', built, ['24']]]);
    assert.deepEqual(about({ onWindows: true, node: ['20'] }), [['unit (node 20)', built, ['20']]]);
  });

  it('runs on a real Windows what needs neither the rig nor the double', () => {
    const suites = planSuites({ files: [] }, ['26'], true);
    assert.deepEqual(
      suites.map(({ title, needs }) => [title, needs]),
      [
        ['lint', ['compiled']],
        ['native', ['native']],
        ['unit', ['compiled', 'native']],
        ['live (node 26)', ['compiled', 'native']],
        ['live (node 26, programs)', ['compiled', 'native']],
      ],
    );
  });

  it('runs live tests on a node of 32 bits, and tells its version, if told so: a part, or those that are named', () => {
    const about = (options) =>
      plan({ arch: 'ia32', ...options }).map(({ title, needs, nodes, files }) => [
        title,
        needs,
        nodes,
        [...files].sort(),
      ]);
    const [title, built, nodes] = [
      `live (node ${nodeVersionIa32}, ia32)`,
      ['compiled', 'native'],
      [nodeVersionIa32],
    ];
    assert.deepEqual(about({}), [[title, built, nodes, compiledOf(ON_IA32)]]);
    const file = 'test/live/client/connect.test.ts';
    assert.deepEqual(about({ files: [file] }), [[title, built, nodes, [compiled(file)]]]);
    assert.throws(() => about({ files: ['test/unit'] }), /^Refusal: No live test file matches test\/unit\.$/);
  });

  it('runs nothing on a node of 32 bits unless told so', () => {
    assert.deepEqual(
      plan({}).filter(({ title }) => title.includes('ia32')),
      [],
    );
  });

  it('refuses what there is not', () => {
    const refusal = (message) => ({ name: 'Refusal', message });
    assert.throws(() => plan({ node: ['18'] }), refusal('There is no node 18, only 24, 20 and all.'));
    assert.throws(() => plan({ suite: ['slow'] }), refusal(/^There is no suite slow, only lint, /));
    assert.throws(() => plan({ files: ['test/no'] }), refusal('No test file matches test/no.'));
  });
});
