import * as https from '../../../adapters/https/index.js';
import { SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { native } from '../../../native/load.js';
import { preflight } from '../../../tls/identity/preflight/preflight.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import { chainVerdict } from '../../../windows/request/chain-verdict.js';
import { findCertificate } from '../../../windows/store/find-certificate.js';
import { openStore } from '../../../windows/store/store.js';
import { httpsTransport } from '../http/transport.js';
import { runProgram } from '../process/run-program.js';
import { undoLeftovers } from '../order/leftovers.js';
import { runOrder } from '../order/run-order.js';
import { windowsKeys } from '../order/windows-keys.js';
import { machineLock } from './machine-lock.js';
import { CheckRun, type ManagerSystem } from './check-run.js';
import { AcmeManager } from './manager.js';
import { type ManagerOptions, type ParsedOptions, parseOptions } from './options.js';
import { WindowsShelf } from './shelf.js';

/**
 * A manager of certificates: it gets them from an ACME server, puts them into stores of Windows, and renews them in
 * time. Servers with `certificate: manager.certificateFor(name)` show the new ones without a restart.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, which names the option or the name at fault
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_ACME_ANSWER for an address that no directory can have,
 *   ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 */
export function createAcmeManager(options: ManagerOptions): AcmeManager {
  const parsed = parseOptions(options);
  const system = windowsSystem(parsed);
  return new AcmeManager(
    parsed,
    system.clock,
    (events, signal) => new CheckRun(parsed, system, events, signal),
  );
}

const windowsSystem = ({ transport }: ParsedOptions): ManagerSystem<PrivateKey> => ({
  transport: transport ?? httpsTransport(https),
  shelf: new WindowsShelf({
    native: native(),
    openStore,
    inspectKey: (certificate) => certificate.inspectKey(),
  }),
  keysFor: windowsKeys,
  lockFor: machineLock,
  order: runOrder,
  undoLeftovers,
  inspect,
  run: runProgram,
  clock: SYSTEM_CLOCK,
  random: Math.random,
});

/** Why servers could not show a certificate, or clients would refuse it. */
async function inspect(reference: string): Promise<readonly string[]> {
  const { findings } = await preflight(reference, 'server');
  using certificate = await findCertificate(reference);
  const { missing } = await chainVerdict(certificate.raw, [], native());
  return [...findings, ...missing].map(({ meaning, remedy }) => `${meaning} ${remedy}`);
}
