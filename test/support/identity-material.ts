import { TestAuthority } from './certificates.js';
import type { MaterialText } from './material-text.js';

export { materialOf, type MaterialText } from './material-text.js';

/** A client whose issuer is below a root; every call makes another issuer. */
export async function clientBelowIntermediate(
  name: string,
  key: 'ec' | 'rsa' = 'rsa',
): Promise<MaterialText> {
  const root = await TestAuthority.create(`CN=${name} root`);
  const intermediate = await root.authority(`CN=${name} intermediate`);
  const leaf = await intermediate.issue({ subject: `CN=${name}`, key, usages: ['clientAuth'] });
  return { key: leaf.key, certificates: [leaf.cert, intermediate.certificate.cert] };
}
