'use strict';

/**
 * Has Windows' node find modules more quickly under Wine, where each `stat()` takes a third of a millisecond of the
 * processor: Wine asks another process for the serial number of the volume. Node calls it for every `require()` of a
 * file; this lists each folder once. What is not in the list is left to Node.
 */
const { readdirSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const resolve = Module._resolveFilename;

/** A relative request that may be about a file, unlike `./`. */
const A_FILE = /^\.\.?\/.*[^./]$/;

Module._resolveFilename = function (request, parent, isMain, options) {
  const isHere = parent?.path !== undefined && options?.paths === undefined && A_FILE.test(request);
  const file = isHere ? find(path.resolve(parent.path, request)) : undefined;
  return file ?? resolve.call(this, request, parent, isMain, options);
};

/** As Node looks for a file; a folder is none. */
function find(file) {
  const names = filesIn(path.dirname(file));
  return ['', '.js', '.json']
    .map((extension) => file + extension)
    .find((name) => names.has(path.basename(name)));
}

/** Names of files by their folder. @type {Map<string, Set<string>>} */
const lists = new Map();

function filesIn(folder) {
  const names = lists.get(folder) ?? new Set(list(folder));
  lists.set(folder, names);
  return names;
}

function list(folder) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch {
    return []; // Node says what is wrong.
  }
}
