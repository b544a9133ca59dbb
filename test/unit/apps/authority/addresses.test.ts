import assert from 'node:assert/strict';
import { fileNameOf } from '#lib/apps/authority/addresses.js';

describe('apps/authority/addresses', () => {
  for (const [name, file] of [
    ['Example Root G2', 'example-root-g2'],
    ['Bär & Söhne', 'ba-r-so-hne'],
    ['北京', 'ca'],
    // Windows takes these for devices, whatever extension they have ("Naming Files, Paths, and Namespaces").
    ['Con', 'ca-con'],
    ['nul', 'ca-nul'],
    ['AUX', 'ca-aux'],
    ['PRN', 'ca-prn'],
    ['COM1', 'ca-com1'],
    ['Lpt9', 'ca-lpt9'],
    ['COM²', 'ca-com2'],
    ['Control', 'control'],
    ['Con Root', 'con-root'],
    ['COM10', 'com10'],
  ] as const) {
    it(`makes ${file} of ${name}`, () => assert.equal(fileNameOf(name), file));
  }
});
