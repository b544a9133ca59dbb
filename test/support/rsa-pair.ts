import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';

const pairs = new Map<string, KeyPairKeyObjectResult>();

/** An RSA key of 2048 bits. Each name has one for the whole test run: it takes long to make. */
export function rsaPair(name = 'usual'): KeyPairKeyObjectResult {
  const pair = pairs.get(name) ?? generateKeyPairSync('rsa', { modulusLength: 2048 });
  pairs.set(name, pair);
  return pair;
}
