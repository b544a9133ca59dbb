import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type * as acme from './commands/acme/index.js';
import type * as binding from './commands/binding/index.js';
import type * as ca from './commands/ca/index.js';
import type * as cert from './commands/cert/index.js';
import type * as connect from './commands/connect.js';
import type * as csr from './commands/csr/index.js';
import type * as devCert from './commands/dev-cert.js';
import type * as doctor from './commands/doctor.js';
import type * as explain from './commands/explain.js';
import type * as mail from './commands/mail.js';
import type * as probe from './commands/probe.js';
import type * as tunnel from './commands/tunnel/index.js';
import type * as policy from './commands/policy/index.js';
import type * as service from './commands/service/index.js';
import type * as web from './commands/web/index.js';

/** A command of the program. Its modules are not loaded before it is needed. */
export interface CommandEntry {
  readonly name: string;
  /** What the help of the program says about it. */
  readonly summary: string;
  /** Loads what adds it to the program. */
  readonly load: () => (program: Command, context: CommandContext, version: string) => void;
}

/* eslint-disable @typescript-eslint/no-require-imports -- synchronous, and quicker than import() from CommonJS */

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'mail',
    summary: 'send one message, only over TLS',
    load: () => (require('./commands/mail.js') as typeof mail).addMailCommand,
  },
  {
    name: 'connect',
    summary: 'show what a server negotiates, and whether it is trusted',
    load: () => (require('./commands/connect.js') as typeof connect).addConnectCommand,
  },
  {
    name: 'cert',
    summary: "manage certificates and keys in Windows' stores",
    load: () => (require('./commands/cert/index.js') as typeof cert).addCertCommand,
  },
  {
    name: 'dev-cert',
    summary: 'have this machine trust a certificate for local servers',
    load: () => (require('./commands/dev-cert.js') as typeof devCert).addDevCertCommand,
  },
  {
    name: 'csr',
    summary: 'request certificates from an authority',
    load: () => (require('./commands/csr/index.js') as typeof csr).addCsrCommand,
  },
  {
    name: 'ca',
    summary: 'run your own certificate authority',
    load: () => (require('./commands/ca/index.js') as typeof ca).addAuthorityCommand,
  },
  {
    name: 'web',
    summary: 'serve websites over HTTPS',
    load: () => (require('./commands/web/index.js') as typeof web).addWebCommand,
  },
  {
    name: 'tunnel',
    summary: 'give programs TLS that have none',
    load: () => (require('./commands/tunnel/index.js') as typeof tunnel).addTunnelCommand,
  },
  {
    name: 'acme',
    summary: 'certificates that come by ACME',
    load: () => (require('./commands/acme/index.js') as typeof acme).addAcmeCommand,
  },
  {
    name: 'service',
    summary: 'run one of these commands as a service of Windows',
    load: () => (require('./commands/service/index.js') as typeof service).addServiceCommand,
  },
  {
    name: 'probe',
    summary: 'list what a TLS server accepts',
    load: () => (require('./commands/probe.js') as typeof probe).addProbeCommand,
  },
  {
    name: 'policy',
    summary: 'show and change the TLS settings of Windows',
    load: () => (require('./commands/policy/index.js') as typeof policy).addPolicyCommand,
  },
  {
    name: 'binding',
    summary: 'show and change the certificates of IIS and other users of http.sys',
    load: () => (require('./commands/binding/index.js') as typeof binding).addBindingCommand,
  },
  {
    name: 'explain',
    summary: 'explain a code of Windows, TLS or IIS',
    load: () => (require('./commands/explain.js') as typeof explain).addExplainCommand,
  },
  {
    name: 'doctor',
    summary: 'check what this Windows can do',
    load: () => (require('./commands/doctor.js') as typeof doctor).addDoctorCommand,
  },
];
