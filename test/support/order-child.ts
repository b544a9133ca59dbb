import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import * as files from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import type { CertificateKey, CertificateKeys, KeyPlan } from '#lib/apps/acme/order/keys.js';
import type { ChallengeSolver } from '#lib/apps/acme/challenge/solver.js';
import { textIn } from '#lib/apps/acme/http/json.js';
import { accountKeyOf } from './scripted-acme.js';
import { appear, disappear, killAfterChanges } from './killing.js';
import { signerOf } from './memory-signer.js';

/**
 * A process that gets one certificate: `node order-child.js '{ "folder": …, "directory": … }'`. Answers to challenges,
 * keys and the certificate are files. It can be killed after a certain number of changes of files.
 */
export interface OrderTask {
  /** With the folders 'state', 'tokens', 'keys' and 'placed', and the key of the account: 'account.pem'. */
  readonly folder: string;
  readonly directory: string;
  readonly names: readonly string[];
  /** The change after which it is killed, from 1. */
  readonly killAfter: number;
}

/** Gets the certificate. */
export async function getCertificate({
  folder,
  directory,
  names,
}: Omit<OrderTask, 'killAfter'>): Promise<void> {
  const inFolder = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const { AcmeClient } = await import('#lib/apps/acme/protocol/client.js');
  const { httpsTransport } = await import('#lib/apps/acme/http/transport.js');
  const { runOrder } = await import('#lib/apps/acme/order/run-order.js');
  const client = await AcmeClient.open({
    directory,
    transport: httpsTransport(https),
    accountKey: accountKeyOf(files.readFileSync(inFolder('account.pem'), 'utf8')),
  });
  await client.register({ termsOfServiceAgreed: true });
  await runOrder({
    client,
    journal: inFolder('state', 'order.json'),
    names,
    solvers: [solverIn(inFolder('tokens'))],
    keys: keysIn(inFolder('keys')),
    place: ({ chain }) => appear(inFolder('placed', 'certificate.pem'), chain[0]?.pem ?? ''),
  });
}

const solverIn = (folder: string): ChallengeSolver => ({
  name: 'files',
  types: ['http-01'],
  refuses: () => null,
  plan: ({ challenge: { token }, keyAuthorization }) => Promise.resolve({ token, keyAuthorization }),
  async show(plan) {
    await appear(path.join(folder, textIn(plan, 'token')), textIn(plan, 'keyAuthorization'));
    return { ...plan, isShown: true };
  },
  undo: (plan) => disappear(path.join(folder, textIn(plan, 'token'))),
});

function keysIn(folder: string): CertificateKeys<CertificateKey> {
  const keyAt = (pem: string): CertificateKey => {
    const privateKey = createPrivateKey(pem);
    const signer = signerOf({ privateKey, publicKey: createPublicKey(privateKey) });
    return { ...signer, close: () => Promise.resolve() };
  };
  const fileOf = (plan: KeyPlan): string => path.join(folder, textIn(plan, 'name'));
  return {
    plan: () => ({ name: `key-${randomUUID()}` }),
    async make(plan) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await appear(fileOf(plan), pem);
      return keyAt(pem);
    },
    open: async (plan) =>
      Promise.resolve(
        files.existsSync(fileOf(plan)) ? keyAt(files.readFileSync(fileOf(plan), 'utf8')) : null,
      ),
    remove: (plan) => disappear(fileOf(plan)),
  };
}

if (require.main === module) {
  const task = JSON.parse(process.argv[2] ?? '{}') as OrderTask;
  killAfterChanges(task.killAfter);
  getCertificate(task).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
