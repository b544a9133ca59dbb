import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PATIENCE } from '../../support/patience.js';
import { onDouble } from '../../support/windows.js';

const ROOT = path.resolve(__dirname, '../../..');

/** Outside of the project, which gets Node's own modules. */
const PROGRAM = `
  const tls = require('tls');
  const [https, { native }] = [require('node:https'), require(process.env.SCHANNEL_LIBRARY + '/native/load.js')];
  console.log(tls.isSupported, tls.https === https, native().double !== undefined);
`;

describe("a program among Node's own tests", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-node-suite-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gets this package for tls and https, and the double where that is wanted', async () => {
    const file = path.join(folder, 'test.js');
    await writeFile(file, PROGRAM);
    const preload = path.join(ROOT, 'scripts/node-suite/preload.cjs');
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      SCHANNEL_LIBRARY: path.join(ROOT, 'dist'),
      ...(onDouble ? { SCHANNEL_DOUBLE_PRELOAD: path.join(ROOT, 'test/double/preload.cjs') } : {}),
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', preload, file], {
      env,
      timeout: PATIENCE,
    });
    assert.equal(stdout.trim(), `true true ${String(onDouble)}`);
  });
});
