import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureJazzer } from '../fuzz/jazzer.mjs';
import { buildNativeFuzzers, NATIVE_TARGETS } from '../fuzz/native.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { inRoot, isWindows, ROOT } from '../support/paths.mjs';
import { execute } from '../support/process.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';
import { sideBySide } from '../support/side-by-side.mjs';

const USAGE = `usage: npm run fuzz -- [options]

  --list          the targets
  --only NAMES    these targets, by comma; default all
  --minutes N     for each target (1)
  --seconds N     instead of minutes
  --jobs N        targets at the same time (1)
  --keep          keep what was found in test/fuzz/corpora, as far as there is room
  --repeat FILE   run one target with this file only: a finding
  --verbose       what the fuzzer says
`;

const FOLDER = 'build/fuzz';
/** Seconds for one input, and MiB for all of them: more is a finding. */
const LIMITS = { seconds: 10, mebibytes: 2048 };

/** \`npm run fuzz\`: looks for inputs that break what test/fuzz promises of each reader, guided by coverage. */
export default async function fuzz(args) {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (isWindows) throw new Refusal('The fuzzers run on Linux only.');
  const progress = new Progress();
  await mustSetUp({ library: true, tests: true }, progress);
  const load = (file) => import(pathToFileURL(inRoot('dist-test/fuzz', file)).href);
  const all = { ...(await load('targets.js')).TARGETS, ...NATIVE_TARGETS };
  if (options.list) {
    for (const [name, { what }] of Object.entries(all)) console.log(`${name.padEnd(20)} ${what}`);
    return 0;
  }
  const names = options.only ?? Object.keys(all);
  const unknown = names.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0)
    throw new Refusal(`No target is named ${unknown.join(', ')}; --list has their names.`);
  const isNative = (name) => Object.hasOwn(NATIVE_TARGETS, name);
  const jazzer = names.every(isNative) ? null : await progress.track('fuzzer', ensureJazzer);
  if (names.some(isNative)) await progress.track('fuzzers of the add-on', buildNativeFuzzers);
  const corpora = await load('corpus.js');
  const found = [];
  await sideBySide(names, options.jobs, async (name) => {
    found.push(await runTarget(name, all[name], { ...options, jazzer, corpora }));
  });
  return found.every(({ findings }) => findings.length === 0) ? 0 : 1;
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        list: { type: 'boolean' },
        only: { type: 'string' },
        minutes: { type: 'string', default: '1' },
        seconds: { type: 'string' },
        jobs: { type: 'string', default: '1' },
        keep: { type: 'boolean' },
        repeat: { type: 'string' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const number = (name, text) => {
      if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} takes a number from 1 on`);
      return Number(text);
    };
    const only = values.only?.split(',');
    if (values.repeat !== undefined && only?.length !== 1)
      throw new Error('--repeat needs one name in --only');
    return {
      ...values,
      only,
      seconds:
        values.seconds === undefined
          ? number('minutes', values.minutes) * 60
          : number('seconds', values.seconds),
      jobs: number('jobs', values.jobs),
      repeat: values.repeat && path.resolve(values.repeat),
    };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}

async function runTarget(name, target, options) {
  const folder = inRoot(FOLDER, name);
  const [seeds, corpus, findings] = ['seeds', 'corpus', 'findings'].map((part) => path.join(folder, part));
  rmSync(seeds, { recursive: true, force: true });
  for (const part of [seeds, corpus, findings]) mkdirSync(part, { recursive: true });
  write(seeds, [...((await target.seeds?.()) ?? []), ...options.corpora.readCorpus(ROOT, name)]);
  const before = new Set(readdirSync(findings));
  const limits = [
    `-timeout=${LIMITS.seconds}`,
    `-rss_limit_mb=${LIMITS.mebibytes}`,
    `-max_len=${target.longest}`,
    `-artifact_prefix=${findings}${path.sep}`,
  ];
  const inputs =
    options.repeat === undefined
      ? { places: [corpus, seeds], flags: [...limits, `-max_total_time=${options.seconds}`] }
      : { places: [options.repeat], flags: limits };
  const started = Date.now();
  const { code, output } = await run(name, target, inputs, options);
  const seconds = Math.round((Date.now() - started) / 1000);
  const news = readdirSync(findings).filter((file) => !before.has(file));
  if (code !== 0 && news.length === 0 && options.repeat === undefined)
    throw new Refusal(`The fuzzer of ${name} ended with code ${code}:\n${tailOf(output)}`);
  const failed = code !== 0;
  if (failed) console.log(tailOf(output));
  console.log(`${name.padEnd(20)} ${figuresOf(output, seconds)}${failed ? ', FINDING' : ''}`);
  for (const file of news) console.log(`  ${path.relative(ROOT, path.join(findings, file))}`);
  if (options.keep && target.program === undefined)
    await keep(name, target, { ...options, folder, corpus, seeds });
  return { findings: failed ? [name] : [] };
}

/** libFuzzer by itself, or in node, with counters in the library only. */
function run(name, target, { places, flags }, { jazzer, verbose }) {
  const onLine = verbose ? (line) => console.error(line) : undefined;
  if (target.program !== undefined)
    return execute(inRoot(target.program), [...flags, ...places], { ...(onLine && { onLine }) });
  const args = [
    jazzer.program,
    inRoot(`dist-test/fuzz/targets/${name}.js`),
    ...['-i', inRoot('dist/')],
    ...(target.waits ? [] : ['--sync']),
    ...places,
    '--',
    ...flags,
  ];
  return execute(process.execPath, args, {
    env: { ...process.env, ...jazzer.env },
    ...(onLine && { onLine }),
  });
}

/** What of the inputs is needed for the same coverage goes to test/fuzz/corpora. */
async function keep(name, target, { folder, corpus, seeds, jazzer, corpora }) {
  const merged = path.join(folder, 'merged');
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged);
  const flags = [
    '-merge=1',
    `-timeout=${LIMITS.seconds}`,
    `-max_len=${target.longest}`,
    `-artifact_prefix=${path.join(folder, 'findings')}${path.sep}`,
  ];
  await run(name, target, { places: [merged, seeds, corpus], flags }, { jazzer });
  const inputs = readdirSync(merged).map((file) => readFileSync(path.join(merged, file)));
  const kept = corpora.writeCorpus(ROOT, name, inputs);
  console.log(`  kept ${kept} of ${inputs.length} inputs`);
}

const write = (folder, inputs) =>
  inputs.forEach((input) => {
    const name = createHash('sha1').update(input).digest('hex');
    writeFileSync(path.join(folder, name), input);
  });

function figuresOf(output, seconds) {
  const last = [...output.matchAll(/^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)/gm)].at(-1);
  const [, runs = '?', edges = '?', features = '?', inputs = '?'] = last ?? [];
  return `${runs} runs in ${seconds} s, ${edges} branches, ${features} features, ${inputs} inputs`;
}

const tailOf = (output) =>
  output
    .split('\n')
    .filter((line) => !/^#\d+\s+(NEW|REDUCE|pulse|RELOAD|INITED)/.test(line))
    .slice(-60)
    .join('\n');
