'use strict';
// With `node --require test/double/preload.cjs` the library loads the add-on with the double instead of the shipped
// one, in this process, its threads and the processes that it starts. Only tests read the SCHANNEL_DOUBLE_* variables.
const { createHash } = require('node:crypto');
const { join, resolve } = require('node:path');
const threads = require('node:worker_threads');

const ROOT = resolve(__dirname, '..', '..');
const DOUBLE = join(ROOT, 'build', 'double', 'schannel.node');
const BUILDS = { 2016: 14393, 2019: 17763, 2022: 20348, '11-24H2': 26100, 2025: 26100 };

const settings = {
  profile: process.env.SCHANNEL_DOUBLE_PROFILE ?? '2022',
  seed: Number(process.env.SCHANNEL_DOUBLE_SEED ?? 0),
  delay: Number(process.env.SCHANNEL_DOUBLE_DELAY ?? 0),
  fixed: (process.env.SCHANNEL_DOUBLE_FIX ?? '').split(',').filter(Boolean),
  guarded: process.env.SCHANNEL_DOUBLE_GUARD === '1',
};

const { dlopen } = process;
process.dlopen = (module, file, ...rest) => {
  if (!/[\\/]schannel\.node$/.test(file)) return dlopen.call(process, module, file, ...rest);
  dlopen.call(process, module, DOUBLE, ...rest);
  steer(module.exports.double);
};

function steer(double) {
  if (!double.profile(settings.profile)) throw new Error(`the double has no profile ${settings.profile}`);
  double.seed(Number(process.env.SCHANNEL_DOUBLE_SEED ?? 0));
  double.delay(settings.delay);
  for (const choice of settings.fixed) {
    const [name, value] = choice.split('=');
    if (!double.fix(name, Number(value))) throw new Error(`the double has no choice ${name}`);
  }
  if (settings.guarded) guardBuffers(double);
  loaded = double;
}

let loaded = null;

/**
 * Schannel and keys are those of the double, stores and chains those of Wine. This happens before the add-on is loaded:
 * `capabilitiesOf(native().platform)` looks up the function first.
 */
function pretendWindows() {
  const capabilities = require(join(ROOT, 'dist', 'native', 'capabilities.js'));
  const { capabilitiesOf } = capabilities;
  capabilities.capabilitiesOf = (platform) => {
    const { storesWriteThrough, storeNotifications } = capabilitiesOf(platform);
    const windows = capabilitiesOf({ build: BUILDS[settings.profile], wine: null });
    return { ...windows, storesWriteThrough, storeNotifications };
  };
}

pretendWindows();

/** Has each buffer of the library end at an inaccessible page. */
function guardBuffers(double) {
  const { allocUnsafeSlow } = Buffer;
  Buffer.allocUnsafeSlow = (size) => (size > 0 ? Buffer.from(double.guarded(size)) : allocUnsafeSlow(size));
  // Node detaches memory of add-ons when it ends, and aborts if that is marked. The library never marks such memory.
  threads.markAsUntransferable = () => undefined;
}

/** Begins a round: a run of the tests with another seed. */
exports.beginRound = (seed) => {
  settings.seed = seed;
  sow('');
};

/** Whether mocha runs in this process, rather than a program that a test has started. */
let runsTests = false;

// Nobody asks a program for its violations, so it ends badly.
process.on('exit', () => {
  if (runsTests || !threads.isMainThread) return;
  try {
    refuseViolations();
  } catch ({ message }) {
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
});

/** Tests whose violations are looked at. */
const watched = new WeakSet();

/**
 * What mocha runs around each test. A violation within the test fails it. Its choices depend on the seed and on its
 * title, and not on the tests before it, so that it can be repeated by itself.
 */
exports.mochaHooks = {
  beforeEach() {
    runsTests = true;
    const test = this.currentTest;
    sow(test.fullTitle());
    if (watched.has(test)) return;
    watched.add(test);
    const { fn } = test;
    test.fn = async function () {
      await fn.call(this);
      refuseViolations();
    };
  },
  // Hooks of the next suite run before the next test.
  afterEach: () => sow(''),
};

/** Sets the seed of what follows, also in the processes that it starts. */
function sow(title) {
  const digest = createHash('sha256').update(`${settings.seed} ${title}`).digest();
  const seed = settings.seed === 0 || title === '' ? settings.seed : digest.readUInt32LE();
  process.env.SCHANNEL_DOUBLE_SEED = String(seed);
  loaded?.seed(seed);
}

function refuseViolations() {
  const violations = [...new Set(loaded?.violations() ?? [])];
  if (violations.length === 0) return;
  throw new Error(`${violations.join('\n')}\n(docs/windows-behaviour.md has the entries in brackets)`);
}
