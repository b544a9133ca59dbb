import path from 'node:path';
import { nodeVersionIa32 } from '../rig/index.mjs';
import { listFiles } from '../support/fingerprint.mjs';
import { ROOT, isWindows } from '../support/paths.mjs';
import { Refusal } from '../support/refusal.mjs';
import { runHere } from './here.mjs';
import { PROFILES } from './double.mjs';
import { runLint } from './lint.mjs';
import { NODE_VERSIONS, runLive } from './live.mjs';
import { runNative } from './native.mjs';
import { runRounds } from './rounds.mjs';
import { runSanitized } from './sanitized.mjs';

export const SUITES = ['lint', 'native', 'sanitized', 'unit', 'rig', 'live', 'double'];

/** What fails fast and explains most begins first. Then comes what takes long: nothing long is left at the end. */
const FIRST = ['lint', 'native', 'unit'];

/**
 * The part of the live tests that also runs on the oldest Windows node: what depends on the node that loads the add-on.
 * The others ask Windows, and find the same on each; they run on the first of NODE_VERSIONS. `--node all` runs
 * everything on every node.
 */
export const ON_THE_OLDEST_NODE = {
  'the add-on loads': ['smoke/smoke', 'native/environment'],
  'handshakes of TLS 1.2 and 1.3, on both sides': [
    'native/session',
    'native/server-handshake',
    'client/connect',
    'client/node-switches',
    'client/node-tls',
    'server/create-server',
  ],
  streams: [
    'stream/back-pressure',
    'stream/destroy',
    'stream/events',
    'stream/half-open',
    'stream/http',
    'stream/net-socket',
    'stream/taken',
    'stream/writes',
  ],
  stores: ['store/store', 'native/store'],
  https: ['https/agent', 'https/server', 'http2/http2', 'register/register'],
  'a process or a thread ends': ['process/exit', 'process/workers'],
};

/** The part of these that runs on a node of 32 bits: layouts of what the add-on passes to Windows, in half a minute. */
export const ON_IA32 = ['smoke/smoke', 'native/session', 'stream/writes', 'stream/half-open', 'store/store'];

/** Live tests that start a Windows program for most of their steps: half of the time, in a suite beside the others. */
export const OF_PROGRAMS = [
  'bench-smoke',
  'cli/cert',
  'cli/command',
  'doctor/doctor',
  'door-opener',
  'examples',
  'identity/processes',
  'mqtt',
  'native/finish',
  'request/command',
  'request/killed',
  'tunnel/lab',
];

/** Live tests that don't run on the double as well, by what is no different there. */
export const ON_WINE_ONLY = {
  'what programs and libraries do with TLS that other tests show': [
    'acme/challenge-server',
    'libraries/libraries',
    'mail/delivery',
    'register/grpc',
    'register/proxy-agents',
  ],
  'what authorities and enrolment do with keys and TLS that other tests show': [
    'acme/manager',
    'acme/order',
    'acme/protocol',
    'authority/mutual-tls',
    'enrol/est',
    'enrol/scep',
    'web/settings',
  ],
  "switches that Windows isn't told": ['client/node-switches'],
  'connections of every kind, for which there is npm run soak -- --on double': ['soak/soak'],
  'what can be observed': ['client/observed'],
  "stores, which are Wine's there too": ['identity/authorities', 'store/watch'],
  'nothing is asked of Schannel': ['acme/dns-update'],
  'what `npm run endurance` does there as well': ['endurance'],
};

/**
 * Live tests of TLS. They run on the double with a second seed, which changes every answer that Windows may give in
 * more than one way. Each buffer of the library then ends at an inaccessible page.
 */
export const OF_TLS = ['client', 'identity', 'native', 'server', 'stream'];

/** Those of them that run on the double only once: a program of others takes most of the time. */
export const ONCE_ON_THE_DOUBLE = ['server/browser'];

/**
 * The tests of `--double-rounds`: those of TLS that call SSPI often for the time that they take. What starts programs,
 * moves megabytes or tries every split is not among them.
 */
export const OF_ROUNDS = [
  'client/connect',
  'client/failures',
  'client/resumption',
  'client/trust',
  'identity/client-choice',
  'native/client-certificate',
  'native/server-handshake',
  'native/session',
  'server/alpn',
  'server/classes',
  'server/create-server',
  'server/damage',
  'server/ends',
  'server/http',
  'server/later',
  'server/names',
  'server/transports',
  'stream/back-pressure',
  'stream/destroy',
  'stream/events',
  'stream/half-open',
  'stream/http',
  'stream/net-socket',
  'stream/taken',
  'stream/transports',
  'stream/writes',
];

/** Live tests of what is different on a Windows without TLS 1.3, whose credentials are made from SCHANNEL_CRED. */
export const OF_OLD_WINDOWS = [
  'client/connect',
  'client/resumption',
  'client/trust',
  'identity/client-forms',
  'native/server-handshake',
  'server/create-server',
  'server/later',
  'stream/half-open',
];

const RUNNING = process.versions.node.split('.')[0];

/** What `--node` takes for all of them. */
const ALL = 'all';

/**
 * @typedef {object} Suite
 * @property {string} title
 * @property {('compiled' | 'native' | 'sanitized')[]} needs what has to be built for it
 * @property {string[]} nodes versions of Windows' node it runs on, by their major number
 * @property {string[]} [files] the test files it runs, if it runs such
 * @property {'Wine' | 'the double'} [platform] whose Schannel and keys its live tests get; missing where it runs a part of
 *   them on a further node
 * @property {number} [seconds] about how long it takes, where that is long
 * @property {(context: object) => Promise<void>} run
 */

/**
 * @param {object} options
 * @param {string[]} [options.suite]
 * @param {string[]} [options.node] without it only the first version runs everything; a version that is named does
 * @param {boolean} [options.onWindows] the unit tests, and those of the scripts, run in Windows' node as well
 * @param {string[]} [options.doubleProfiles] what the double plays
 * @param {number[]} [options.doubleSeeds] a seed or a profile that is named runs everything, too
 * @param {number[]} [options.doubleRounds] seeds of rounds, which run the part OF_ROUNDS
 * @param {'x64' | 'ia32'} [options.arch] on the rig, `ia32` runs live tests only, on a node of 32 bits
 * @param {string[]} options.files
 * @param {string[]} [versions] of Windows' node that there are
 * @param {boolean} [isReal] whether this system is a Windows, without the rig and the double
 * @returns {Suite[]}
 */
export function planSuites(
  {
    node = [],
    doubleProfiles = [],
    doubleSeeds = [],
    doubleRounds = [],
    onWindows = false,
    arch,
    suite = [...doubleProfiles, ...doubleSeeds, ...doubleRounds].length > 0 ? ['double'] : SUITES,
    files,
  },
  versions = isWindows ? [RUNNING] : NODE_VERSIONS,
  isReal = isWindows,
) {
  const unknown = suite.find((name) => !SUITES.includes(name));
  if (unknown !== undefined) throw new Refusal(`There is no suite ${unknown}, only ${SUITES.join(', ')}.`);
  const nodes = nodesOf(node, versions);
  // If nodes or files are named, all of them run.
  const oldest = String(Math.min(...nodes.map(Number)));
  const isWhole = (version) => node.length > 0 || files.length > 0 || version === nodes[0];
  const isChosen = filterBy(files);
  if (arch === 'ia32') return onIa32(files, isChosen);
  const plans = {
    lint: () => ({ title: 'lint', needs: ['compiled'], nodes: [], run: runLint }),
    native: () => ({ title: 'native', needs: ['native'], nodes: nodes.slice(0, 1), run: runNative }),
    sanitized: () =>
      isReal ? [] : { title: 'sanitized', needs: ['sanitized'], nodes: [], seconds: 11, run: runSanitized },
    unit: () => {
      const all = [...scriptTests('scripts'), ...compiledTests('unit')];
      // On Windows, what it answers comes from the add-on.
      if (isReal) return ofFiles('unit', all, runHere, { needs: ['compiled', 'native'] });
      if (!onWindows) return ofFiles('unit', all, runHere, { needs: ['compiled'] });
      return (node.length > 0 ? nodes : nodes.slice(0, 1)).flatMap((version) => inWindowsNode(version, all));
    },
    rig: () => (isReal ? [] : ofFiles('rig', scriptTests('rig'), runHere, { seconds: 43 })),
    live: () =>
      nodes.flatMap((version) => {
        if (isWhole(version)) return whole(version);
        return version === oldest ? part(version) : [];
      }),
    double: () => (isReal ? [] : (node.length > 0 ? nodes : nodes.slice(0, 1)).flatMap(onDouble)),
  };
  const all = compiledTests('live');
  const [programs, onWineOnly, once, ofRounds, ofOldWindows, ofOldest] = [
    OF_PROGRAMS,
    listed(ON_WINE_ONLY),
    ONCE_ON_THE_DOUBLE,
    OF_ROUNDS,
    OF_OLD_WINDOWS,
    listed(ON_THE_OLDEST_NODE),
  ].map(liveFiles);
  const platform = isReal ? undefined : 'Wine';
  const whole = (version) => [
    live(version, `live (node ${version})`, (file) => !programs.has(file), { platform, seconds: 250 }),
    live(version, `live (node ${version}, programs)`, (file) => programs.has(file), {
      platform,
      seconds: 110,
    }),
  ];
  const part = (version) =>
    live(version, `live (node ${version}, part)`, (file) => ofOldest.has(file), { seconds: 40 });
  const inWindowsNode = (version, tests) => {
    const run = (chosen, context) => runLive(chosen, { version, ...context });
    return ofFiles(`unit (node ${version})`, tests, run, { needs: ['compiled', 'native'], nodes: [version] });
  };
  const live = (version, title, isIn, about) =>
    ofFiles(title, all.filter(isIn), (chosen, context) => runLive(chosen, { version, ...context }), {
      needs: ['compiled', 'native'],
      nodes: [version],
      ...about,
    });
  const inWorld = (version, world, isIn, seconds) => {
    const { profile, seed } = world;
    const run = (chosen, context) => runLive(chosen, { version, double: world, ...context });
    return ofFiles(`double (node ${version}, ${profile}, seed ${seed})`, all.filter(isIn), run, {
      needs: ['compiled', 'native'],
      nodes: [version],
      platform: 'the double',
      seconds,
    });
  };
  const isOnDouble = (file) => !programs.has(file) && !onWineOnly.has(file);
  /** Two suites, since suites run side by side. */
  const rounds = (version, profile) =>
    halves(doubleRounds).flatMap((seeds) => {
      const title = `double (node ${version}, ${profile}, seeds ${seeds[0]} to ${seeds.at(-1)})`;
      const run = (chosen, context) => runRounds(chosen, { version, profile, seeds, ...context });
      const isIn = files.length > 0 ? isOnDouble : (file) => ofRounds.has(file);
      return ofFiles(title, all.filter(isIn), run, { needs: ['compiled', 'native'], nodes: [version] });
    });
  const onDouble = (version) => {
    const profiles = doubleProfiles.length > 0 ? doubleProfiles : PROFILES.slice(0, 1);
    if (doubleRounds.length > 0) return profiles.flatMap((profile) => rounds(version, profile));
    if (doubleProfiles.length > 0 || doubleSeeds.length > 0) {
      const seeds = doubleSeeds.length > 0 ? doubleSeeds : [0];
      return profiles.flatMap((profile) =>
        seeds.flatMap((seed) => inWorld(version, { profile, seed }, isOnDouble, 170)),
      );
    }
    return [
      inWorld(version, { profile: '2022', seed: 0 }, isOnDouble, 170),
      inWorld(
        version,
        { profile: '2022', seed: 1, guarded: true },
        (file) => isOnDouble(file) && isOfTls(file) && !once.has(file),
        82,
      ),
      inWorld(version, { profile: '2016', seed: 2 }, (file) => ofOldWindows.has(file), 7),
    ].flat();
  };
  /** A suite of test files; without a choice of files it stays even if it has none, and fails. */
  const ofFiles = (title, all, run, { needs = [], nodes = [], ...about } = {}) => {
    const chosen = all.filter(isChosen);
    const isWanted = chosen.length > 0 || files.length === 0;
    if (!isWanted) return [];
    return { title, needs, nodes, ...about, files: chosen, run: (context) => run(chosen, context) };
  };
  const names =
    files.length === 0 ? SUITES : SUITES.filter((name) => !['lint', 'native', 'sanitized'].includes(name));
  const suites = names
    .filter((name) => suite.includes(name))
    .flatMap((name) => plans[name]())
    .flat();
  if (suites.length === 0) throw new Refusal(`No test file matches ${files.join(' ')}.`);
  const [first, others] = [true, false].map((isFirst) =>
    suites.filter(({ title }) => FIRST.includes(title) === isFirst),
  );
  return [...first, ...others.sort((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))];
}

/** The live tests that are named, or a part of them, on a node of 32 bits. */
function onIa32(files, isChosen) {
  const part = liveFiles(ON_IA32);
  const chosen = compiledTests('live').filter((file) => (files.length > 0 ? isChosen(file) : part.has(file)));
  if (chosen.length === 0) throw new Refusal(`No live test file matches ${files.join(' ')}.`);
  return [
    {
      title: `live (node ${nodeVersionIa32}, ia32)`,
      needs: ['compiled', 'native'],
      nodes: [nodeVersionIa32],
      files: chosen,
      run: (context) => runLive(chosen, { version: nodeVersionIa32, arch: 'ia32', ...context }),
    },
  ];
}

/** The versions of `--node`, all of them where there is no such option. */
function nodesOf(wanted, versions) {
  const strange = wanted.find((version) => version !== ALL && !versions.includes(version));
  if (strange !== undefined)
    throw new Refusal(`There is no node ${strange}, only ${versions.join(', ')} and ${ALL}.`);
  return wanted.length === 0 || wanted.includes(ALL) ? versions : [...new Set(wanted)];
}

const halves = (list) =>
  [list.slice(0, Math.ceil(list.length / 2)), list.slice(Math.ceil(list.length / 2))].filter(
    (half) => half.length > 0,
  );

/** The names in a list of lists. */
const listed = (lists) => Object.values(lists).flat();

const liveFiles = (names) => new Set(names.map((name) => `dist-test/live/${name}.test.js`));

const isOfTls = (file) => OF_TLS.some((folder) => file.startsWith(`dist-test/live/${folder}/`));

const scriptTests = (folder) => listFiles([`test/${folder}`], /\.test\.mjs$/);

/** The JavaScript of each test file: it need not exist yet. */
const compiledTests = (folder) =>
  listFiles([`test/${folder}`], /\.test\.ts$/).map((file) =>
    file.replace(/^test\//, 'dist-test/').replace(/\.ts$/, '.js'),
  );

/** Files are named by their source, by their output, or by a folder around them. */
function filterBy(names) {
  const wanted = names.map((name) =>
    path
      .relative(ROOT, path.resolve(name))
      .replaceAll(path.sep, '/')
      .replace(/^test\/(?!rig\b|scripts\b)/, 'dist-test/')
      .replace(/\.ts$/, '.js'),
  );
  return (file) => wanted.length === 0 || wanted.some((name) => file === name || file.startsWith(`${name}/`));
}
