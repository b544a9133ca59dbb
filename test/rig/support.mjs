import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNode, ensureRig } from '../../scripts/rig/index.mjs';

/** Opens the rig for the tests of one file: `{ rig, node, directory }`, the last one for files of their own. */
export function useRig() {
  const context = {};
  before(async function () {
    this.timeout(0); // builds the rig where there is none
    context.rig = await ensureRig();
    context.node = await ensureNode();
    context.directory = mkdtempSync(join(tmpdir(), 'schannel-rig-test-'));
  });
  after(async () => {
    await context.rig?.close();
    if (context.directory) rmSync(context.directory, { recursive: true, force: true });
  });
  return context;
}

/** Resolves to what `stream` has said once that matches `pattern`. */
export function waitFor(stream, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
    stream.on('end', () => reject(new Error(`The stream ended without ${pattern}: ${text}`)));
  });
}
