/** A second process for watch.test.ts: changes MY as it is told, 'add', 'rename' or 'remove', with one certificate. */
import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { openStore } from '#lib/windows/store/store.js';

async function main(what: string, file: string): Promise<void> {
  const store = await openStore('MY');
  const certificate = new X509Certificate(readFileSync(file));
  const thumbprint = certificate.fingerprint.replaceAll(':', '');
  if (what === 'add') await store.add(certificate, { friendlyName: 'one' });
  if (what === 'rename') await (await store.findOne({ thumbprint }))?.setFriendlyName('two');
  if (what === 'remove') await store.remove(thumbprint);
  store.close();
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
