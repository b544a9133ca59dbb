/**
 * The arrows between the folders of lib/ never turn upward. docs/architecture.md tells why; this is the table
 * that holds.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

/**
 * A layer is a folder of lib/, or a file directly in it. `uses` lists the layers, or single files of layers,
 * that it may import beside itself; `builtins`, where it is given, all of Node it may import.
 */
const LAYERS = {
  errors: { uses: [], builtins: [] },
  native: { uses: ['errors'] },
  // Files of certificates and keys: bytes in, objects out, on any system.
  asn1: { uses: ['errors'], builtins: [] },
  pbe: { uses: ['errors', 'asn1'] },
  pem: { uses: ['errors', 'asn1', 'pbe'] },
  pfx: { uses: ['errors', 'asn1', 'pbe', 'pem'] },
  // Windows' private keys, stores and certificates; certificates made, and files in and out of a store.
  key: { uses: ['errors', 'native', 'asn1', 'pem'] },
  store: { uses: ['errors', 'native', 'asn1', 'pem', 'key', 'certificate'] },
  issue: { uses: ['errors', 'native', 'asn1', 'pem', 'key', 'store'] },
  exchange: {
    uses: [
      'errors',
      'native',
      'asn1',
      'pbe',
      'pem',
      'pfx',
      'key',
      'store',
      'certificate',
      'identity/owner-list',
    ],
  },
  // A certificate with its key, as what a TLS connection shows of itself.
  identity: { uses: ['errors', 'native', 'asn1', 'pbe', 'pem', 'pfx', 'key', 'store', 'certificate'] },
  // The entry points schannel/store.
  'store-api': { uses: ['errors', 'key', 'store', 'issue', 'exchange', 'identity'] },
  // What a client says first, read by a server: bytes in, facts out.
  'client-hello': { uses: ['errors'], builtins: [] },
  // No I/O and no native code: it is given a session and answers with effects.
  engine: { uses: ['errors', 'native/binding'], builtins: [] },
  certificate: { uses: ['errors', 'native', 'asn1', 'pem'] },
  // All tables of codes as one.
  explain: { uses: ['errors', 'certificate'] },
  'secure-context': { uses: ['errors', 'native', 'certificate', 'store', 'identity', 'pem', 'pfx'] },
  socket: {
    uses: ['errors', 'native', 'certificate', 'client-hello', 'identity', 'secure-context', 'engine'],
  },
  server: {
    uses: [
      'errors',
      'native',
      'certificate',
      'store',
      'identity',
      'secure-context',
      'engine/faults',
      'socket',
    ],
  },
  connect: { uses: ['errors', 'native', 'certificate', 'secure-context', 'socket'] },
  starttls: { uses: ['errors', 'native', 'socket', 'connect'] },
  mail: { uses: ['errors', 'native', 'socket', 'connect', 'starttls'] },
  index: {
    uses: [
      'errors',
      'native',
      'certificate',
      'identity',
      'secure-context',
      'socket',
      'server',
      'connect',
      'https',
    ],
  },
  // What Node's own modules and the libraries on them take; each is an entry point.
  https: { uses: ['errors', 'socket', 'connect', 'server'] },
  http2: { uses: ['errors', 'socket', 'connect', 'server', 'https'] },
  undici: { uses: ['errors', 'socket', 'connect'] },
  register: { uses: ['errors', 'native', 'index', 'https', 'http2'] },
  // Asks a machine whether what it needs is there.
  doctor: {
    uses: [
      'errors',
      'native',
      'certificate',
      'pfx',
      'key',
      'store',
      'issue',
      'exchange',
      'engine',
      'secure-context',
      'socket',
      'connect',
    ],
  },
  cli: {
    uses: [
      'index',
      'doctor',
      'store-api',
      'key',
      'store',
      'issue',
      'exchange',
      'identity',
      'errors',
      'explain',
      'native',
      'certificate',
      'secure-context',
      'socket',
      'connect',
      'starttls',
      'mail',
    ],
  },
};

/** @returns {string[]} */
export function check() {
  return listFiles(['lib'], /\.ts$/).flatMap((file) => checkFile(file, readFileSync(inRoot(file), 'utf8')));
}

/**
 * @param {string} file as in "lib/engine/phase.ts"
 * @param {string} source its text
 * @returns {string[]}
 */
export function checkFile(file, source) {
  const layer = layerOf(file);
  const rule = LAYERS[layer];
  if (rule === undefined) return [`${file}: scripts/check-layers.mjs has no layer named ${layer}`];
  return importsOf(source).flatMap((name) => complaint(file, layer, rule, name) ?? []);
}

function complaint(file, layer, rule, name) {
  if (name.startsWith('node:')) {
    if (rule.builtins === undefined || rule.builtins.includes(name)) return null;
    return `${file} imports ${name}: nothing in lib/${layer} may`;
  }
  if (!name.startsWith('.')) return null;
  const target = path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts');
  if (target === 'package.json') return null;
  if (!target.startsWith('lib/')) return `${file} imports ${target}, which is no part of lib`;
  const other = layerOf(target);
  const module = target.replace(/^lib\//, '').replace(/\.ts$/, '');
  if (other === layer || rule.uses.includes(other) || rule.uses.includes(module)) return null;
  return `${file} imports ${target}: lib/${layer} may use ${rule.uses.join(', ') || 'no other layer'}`;
}

/** "lib/engine/phase.ts" → "engine", "lib/connect.ts" → "connect". */
const layerOf = (file) => file.split('/')[1].replace(/\.ts$/, '');

/** Every module a source names in `import … from`, `export … from`, `import '…'`, `import(…)` or `require(…)`. */
function importsOf(source) {
  const statement =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?(?:from\s*)?'([^']+)'|\b(?:import|require)\(\s*'([^']+)'/g;
  return [...source.matchAll(statement)].map((match) => match[1] ?? match[2]);
}

runIfMain(import.meta.url, check);
