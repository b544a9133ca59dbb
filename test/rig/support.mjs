import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNode, ensureRig } from '../../scripts/rig/index.mjs';

/** Opens the rig for the tests of one file: `{ rig, node, directory }`, the last one for the test's files. */
export function useRig() {
  const context = {};
  before(async function () {
    this.timeout(0); // builds the rig where there is none
    context.rig = await ensureRig();
    context.node = await ensureNode();
    // Not the shared one, which other programs on this machine may use at the same time.
    context.rig.prefix = await context.rig.clonePrefix('rig-test');
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

const BITS = 2048;

/**
 * An RSA key that Wine's PFXImportCertStore takes as it is. It copies the numbers of a key into a blob and stops,
 * without a word, at the first one that begins with a zero byte: what follows is whatever lay in the memory. One
 * key in a hundred has such a number, and no handshake succeeds with it.
 * @param {() => import('node:crypto').KeyObject} [generate]
 * @returns {string} PEM (PKCS #8)
 */
export function makeImportableKey(
  generate = () => generateKeyPairSync('rsa', { modulusLength: BITS }).privateKey,
) {
  for (;;) {
    const key = generate();
    if (isImportable(key.export({ format: 'jwk' }))) return key.export({ type: 'pkcs8', format: 'pem' });
  }
}

/** A JWK has its numbers without zero bytes in front. */
function isImportable({ d, p, q, dp, dq, qi }) {
  const lengthOf = (number) => Buffer.from(number, 'base64url').length;
  return lengthOf(d) === BITS / 8 && [p, q, dp, dq, qi].every((number) => lengthOf(number) === BITS / 16);
}
