import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PATIENCE } from '../../../support/patience.js';
import { skip } from '../../../support/skip.js';

/** A network in which nothing but this test is. */
const isolated = (script: string, folder: string): ReturnType<typeof spawnSync> =>
  spawnSync('unshare', ['-rn', 'sh', '-c', `ip link set lo up && ${script}`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: PATIENCE,
  });

describe('apps/enrol/scep: with scepserver of Debian', () => {
  let folder: string;

  before(function () {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-scep-'));
    // It listens on all addresses, which a test must not.
    if (isolated('true', folder).status !== 0)
      skip(this, 'this system makes no separate network (unshare -rn)');
    if (spawnSync('scepserver', ['-version']).error !== undefined)
      skip(this, 'scepserver (package scep) is missing');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gets a certificate for the right challenge', function () {
    this.timeout(PATIENCE);
    const child = path.resolve(__dirname, '../../../support/scep-child.js');
    const { stdout, stderr } = isolated(
      [
        'scepserver ca -init -depot depot >&2',
        `{ scepserver -depot depot -port 9480 -challenge secret >&2 & }`,
        `"${process.execPath}" "${child}" http://127.0.0.1:9480/scep secret`,
        // Ends the server with its network.
        'kill $!',
      ].join(' && '),
      folder,
    );
    const results: unknown = JSON.parse(String(stdout) || JSON.stringify(String(stderr)));
    assert.deepEqual(results, [
      { state: 'issued', reason: null, names: 'DNS:device.example', isSigned: true },
      {
        state: 'denied',
        reason: 'it does not permit this request; perhaps the challenge is wrong (badRequest)',
        names: null,
        isSigned: false,
      },
    ]);
  });
});
