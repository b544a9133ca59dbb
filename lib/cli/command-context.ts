import type * as acmeApi from '../acme.js';
import type * as bindingApi from '../binding.js';
import type * as devCertApi from '../apps/dev-cert/dev-cert.js';
import type * as doctorApi from '../doctor.js';
import type * as policyApi from '../policy.js';
import type * as pkiApi from '../pki.js';
import type * as serviceApi from '../service.js';
import type * as storeApi from '../store.js';
import type * as tunnelApi from '../tunnel.js';
import type * as webApi from '../web.js';
import type { Diagnose } from './commands/doctor.js';
import type { ExitCode } from './exit-code.js';
import type { Lifecycle } from './lifecycle.js';
import type { CommandIO } from './terminal.js';
import type { CommandTls } from './tls.js';
import type { Workers } from './workers.js';

/** The functions of schannel/store that commands use. */
export type CertificateLibrary = Pick<
  typeof storeApi,
  'openStore' | 'createSelfSigned' | 'prepareImport' | 'exportPfx' | 'exportPem' | 'preflight'
>;

/** The functions of schannel/doctor. */
export type DoctorLibrary = Pick<typeof doctorApi, 'diagnoseConnection'>;

/** What `schannel dev-cert` uses. */
export type DevCertLibrary = Pick<typeof devCertApi, 'ensureDevCert' | 'checkDevCert' | 'removeDevCert'>;

/** The functions of schannel/pki that commands use. */
export type RequestLibrary = Pick<
  typeof pkiApi,
  | 'createRequest'
  | 'readRequest'
  | 'readRequestInf'
  | 'pendingRequests'
  | 'findPending'
  | 'submitRequest'
  | 'rememberSubmission'
  | 'prepareCompletion'
  | 'cancelRequest'
  | 'repairCertificate'
>;

/** The functions of schannel/acme that commands use. */
export type AcmeLibrary = typeof acmeApi;

/** The functions of schannel/web that commands use. */
export type WebLibrary = Pick<
  typeof webApi,
  'serve' | 'runService' | 'createSettingsServer' | 'readSettings'
>;

/** The functions of schannel/tunnel that commands use. */
export type TunnelLibrary = Pick<
  typeof tunnelApi,
  'createTunnels' | 'openTunnelFile' | 'planTunnelFile' | 'serveTunnelStatus'
>;

/** The functions of schannel/service. */
export type ServiceLibrary = typeof serviceApi;

/** The functions of schannel/policy that commands use. */
export type PolicyLibrary = Pick<
  typeof policyApi,
  'readPolicy' | 'checkPolicy' | 'schannelEvents' | 'diffPolicy' | 'planChange' | 'applyChange' | 'undoChange'
>;

/** The functions of schannel/binding. */
export type BindingLibrary = typeof bindingApi;

/** The parts of the library that commands use: those of this package, outside of tests. */
export interface CommandLibrary {
  readonly tls: CommandTls;
  readonly certificates: CertificateLibrary;
  readonly requests: RequestLibrary;
  readonly diagnose: Diagnose;
  readonly doctor: DoctorLibrary;
  readonly devCert: DevCertLibrary;
  readonly acme: AcmeLibrary;
  readonly web: WebLibrary;
  readonly tunnel: TunnelLibrary;
  readonly service: ServiceLibrary;
  readonly binding: BindingLibrary;
  readonly workers: Workers;
  /** Why a port can't be listened on; null if nobody can say. */
  readonly whyNotListen: (port: number, code: string) => Promise<string | null>;
  readonly policy: PolicyLibrary;
}

/** What every command is given. */
export interface CommandContext extends CommandLibrary {
  readonly io: CommandIO;
  /** The command line, without the program's name. */
  readonly args: readonly string[];
  /** Sets the exit code of the command; 0 by default. */
  readonly exit: (code: ExitCode) => void;
  readonly lifecycle: Lifecycle;
  /** Runs another command for someone else, with other streams. Nothing is thrown. */
  readonly runCommand: (args: readonly string[], io: CommandIO, lifecycle: Lifecycle) => Promise<ExitCode>;
}
