/**
 * Loaded before each of Node's tests: code that asks for `tls` or `https` gets this package's modules instead, but
 * for the package itself and what it stands on. SCHANNEL_LIBRARY is the folder of the compiled library.
 * SCHANNEL_DOUBLE_PRELOAD, if it is set, is the file that brings the double of Windows.
 */
'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const library = process.env.SCHANNEL_LIBRARY;
const root = path.resolve(library, '..').toLowerCase() + path.sep;
const FILES = { tls: 'index.js', https: 'adapters/https/index.js' };

// With it, a rule of Windows that the library broke fails the test, whatever the test itself says.
if (process.env.SCHANNEL_DOUBLE_PRELOAD) require(process.env.SCHANNEL_DOUBLE_PRELOAD);

const load = Module._load;
let loadsOurs = false;

function ours(id) {
  loadsOurs = true;
  try {
    return load.call(Module, path.join(library, FILES[id]), null, false);
  } finally {
    loadsOurs = false;
  }
}

Module._load = function (request, parent, ...rest) {
  const id = String(request).replace(/^node:/, '');
  const isReplaced = Object.hasOwn(FILES, id) && !loadsOurs && !isOwn(parent?.filename);
  return isReplaced ? ours(id) : load.call(this, request, parent, ...rest);
};

const isOwn = (file) => file != null && path.resolve(file).toLowerCase().startsWith(root);

// `import` needs separate hooks, which cost a thread, so only tests that use it have them.
if (usesImport(process.argv[1])) {
  globalThis[Symbol.for('schannel.ours')] = ours;
  const sources = Object.fromEntries(Object.keys(FILES).map((id) => [id, moduleSource(id)]));
  const hooks = `
    const sources = ${JSON.stringify(sources)};
    const idOf = (specifier) => specifier.replace(/^node:/, '');
    export const resolve = (specifier, context, next) =>
      Object.hasOwn(sources, idOf(specifier)) && !context.conditions.includes('require')
        ? { url: 'schannel-test:' + idOf(specifier), format: 'module', shortCircuit: true }
        : next(specifier, context);
    export const load = (url, context, next) =>
      url.startsWith('schannel-test:')
        ? { format: 'module', source: sources[url.slice(14)], shortCircuit: true }
        : next(url, context);`;
  Module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

function moduleSource(id) {
  const names = Object.keys(ours(id));
  return [
    `const m = globalThis[Symbol.for('schannel.ours')](${JSON.stringify(id)});`,
    'export default m;',
    ...names.map((name) => `export const ${name} = m.${name};`),
  ].join('\n');
}

function usesImport(file = '') {
  return (
    file.endsWith('.mjs') || (fs.existsSync(file) && /\bimport\s*\(/.test(fs.readFileSync(file, 'utf8')))
  );
}
