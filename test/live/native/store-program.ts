/** A second process for store.test.ts: prints what it finds in MY for the thumbprint it is given. */
import { createHash } from 'node:crypto';
import { certificatesOf, openStore, USER_MY } from '../../support/native-store.js';

async function main(thumbprint: string): Promise<void> {
  const store = await openStore(USER_MY);
  const certificates = await certificatesOf(store);
  const found = certificates.filter(
    ({ encoded }) => createHash('sha1').update(encoded).digest('hex') === thumbprint,
  );
  const facts = found.map((certificate) => ({
    container: certificate.keyLocation()?.container ?? null,
    friendlyName: Buffer.from(certificate.property(11) ?? []).toString('utf16le'),
  }));
  process.stdout.write(JSON.stringify(facts));
  for (const certificate of certificates) certificate.close();
  store.close();
}

void main(process.argv[2] ?? '');
