/**
 * Runs the libraries in one process: first by schannel/register, then by the adapters, without it. The first line of
 * its standard input has the settings. Each further one says that a server is ready: { peer, ports }. It prints an
 * outcome for each run behind a separator, since libraries print as well.
 *
 * @typedef {object} Outcome
 * @property {string} library
 * @property {string} version
 * @property {string} server
 * @property {'register' | 'adapter'} way
 * @property {string} form
 * @property {string | null} failure
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { CASES } from './cases.mjs';
import { versionOf } from './load.mjs';

const SEPARATOR = '\u001e';
/** It only guards against what would last forever. */
const LIMIT = 120_000;
/** Who the certificate is for. */
const CLIENT = 'anna';
const NODE = Number(process.versions.node.split('.')[0]);

const lines = createInterface({ input: process.stdin });
const waiting = new Map();
const peerOf = (name) => {
  if (!waiting.has(name)) waiting.set(name, Promise.withResolvers?.() ?? resolvers());
  return waiting.get(name);
};
function resolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
const settings = await new Promise((resolve) => {
  lines.once('line', (first) => {
    lines.on('line', (line) => {
      const { peer, ports } = JSON.parse(line);
      peerOf(peer).resolve(ports);
    });
    resolve(JSON.parse(first));
  });
});
process.on('uncaughtException', (error) => console.error('uncaught', error));
process.on('unhandledRejection', (error) => console.error('unhandled', error));

const { root, ca, identities, forms } = settings;
const schannel = createRequire(root);
const { register, unregister } = schannel('schannel/register');
await runAll().then(
  () => process.stdout.write('', () => process.exit(0)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

async function runAll() {
  const cases = CASES.filter(({ on }) => on?.(NODE) ?? true);
  register();
  for (const [at, each] of cases.entries()) {
    for (const form of forms ?? [shortForm(each, at)]) await report(each, 'register', form);
  }
  unregister();
  for (const each of cases.filter(({ adapter }) => adapter)) {
    for (const form of forms ?? ['store']) await report(each, 'adapter', form);
  }
}

/** Each library once, and each form often. */
function shortForm({ filters = [] }, at) {
  return filters.at(-1) ?? ['store', 'PEM', 'PFX'][at % 3];
}

async function report(each, way, form) {
  const failure = await failureOf(each, way, form);
  const { library, server } = each;
  const outcome = { library, version: versionOf(each.package ?? library), server, way, form, failure };
  process.stdout.write(`${SEPARATOR}${JSON.stringify(outcome)}\n`);
}

/** What went wrong, in words; null if nothing did. */
async function failureOf(each, way, form) {
  const ports = await peerOf(each.peer).promise;
  const isFiltered = way === 'register' && each.filters?.includes(form);
  const own = identities[form].pfx
    ? { ...identities[form], pfx: Buffer.from(identities[form].pfx, 'base64') }
    : identities[form];
  if (isFiltered) register({ servers: { '127.0.0.1': own } });
  const place = {
    ports,
    ca,
    form,
    identity: isFiltered ? {} : own,
    adapterOf: (name) => schannel(`schannel/${name}`),
  };
  let timer;
  try {
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not end')), LIMIT);
    });
    const run = way === 'register' ? each.run : each.adapter;
    const { who, socket } = await Promise.race([run(place), limit]);
    if (who !== null && who !== CLIENT) return `the server says: ${who}`;
    return socket && !('verification' in socket) ? `a socket of OpenSSL: ${socket.constructor.name}` : null;
  } catch (error) {
    return `${error?.code ?? ''} ${error?.message ?? String(error)}`.trim() || 'an error without words';
  } finally {
    clearTimeout(timer);
    if (isFiltered) register({});
  }
}
