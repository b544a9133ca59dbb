import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { certsOnly } from '#lib/formats/est/est-message.js';
import { limitsOf, readMaterial } from '#lib/windows/import-export/material.js';
import { planImport } from '#lib/windows/import-export/plan.js';
import { sharedRoot } from '../../support/certificates.js';
import { derOf } from '../../support/key-material.js';
import { encryptedKey } from '../../support/pfx-builder.js';
import { withinWork } from '../../support/work.js';
import { codes, outcomeOf } from '../outcome.js';

export const what = 'a file of certificates and keys: PEM, DER, P7B';
export const longest = 4096;

export async function seeds(): Promise<readonly Uint8Array[]> {
  const root = await sharedRoot();
  const leaf = await root.issue({ subject: 'CN=a' });
  const key = createPrivateKey(leaf.key);
  const recipe = { password: 'secret', iterations: 1 };
  const locked = encryptedKey(derOf(leaf.key), 'aes256', recipe);
  return [
    Buffer.from(leaf.key + leaf.cert),
    Buffer.concat([
      Buffer.from(key.export({ type: 'sec1', format: 'pem' })),
      Buffer.from(root.certificate.cert),
    ]),
    Buffer.from(
      `${key.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' }).toString()}${leaf.cert}`,
    ),
    Buffer.from(
      `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${locked.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n${leaf.cert}`,
    ),
    certsOnly([leaf.der, root.certificate.der]),
    leaf.der,
    Buffer.from(certsOnly([leaf.der]).toString('base64')),
  ];
}

/** It is read within the work allowed, or refused by a code. */
export function fuzz(data: Buffer): void {
  for (const password of ['secret', undefined]) {
    const outcome = outcomeOf(
      () =>
        withinWork('a file', (budget) =>
          readMaterial({ kind: 'certificates', bytes: data, password, limits: limitsOf() }, budget),
        ),
      codes('ERR_SCHANNEL_IMPORT_'),
    );
    if (!('value' in outcome)) continue;
    const { value: material } = outcome;
    outcomeOf(() => planImport(material), codes('ERR_SCHANNEL_IMPORT_'));
    for (const { certificate } of material.identities) assert.ok(material.certificates.includes(certificate));
  }
}
