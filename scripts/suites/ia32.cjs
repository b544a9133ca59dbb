'use strict';
// With `node --require scripts/suites/ia32.cjs` the library loads the add-on of 32 bits that was built beside the other
// one. Only tests use this: a package has each add-on in a separate folder.
const { join, resolve } = require('node:path');

const ADDON = join(resolve(__dirname, '..', '..'), 'build', 'ia32', 'Release', 'schannel.node');

const { dlopen } = process;
process.dlopen = (module, file, ...rest) =>
  dlopen.call(process, module, /[\\/]schannel\.node$/.test(file) ? ADDON : file, ...rest);
