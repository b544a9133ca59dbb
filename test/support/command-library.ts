import net from 'node:net';
import tls from 'node:tls';
import * as acme from '#lib/acme.js';
import * as doctor from '#lib/doctor.js';
import type {
  BindingLibrary,
  CertificateLibrary,
  CommandLibrary,
  DevCertLibrary,
  PolicyLibrary,
  RequestLibrary,
  ServiceLibrary,
  TunnelLibrary,
  WebLibrary,
} from '#lib/cli/command-context.js';
import type { Diagnose } from '#lib/cli/commands/doctor.js';
import { CONSOLE } from '#lib/cli/lifecycle.js';
import type { ConnectOptions, SecureSocket } from '#lib/cli/tls.js';
import type { Workers } from '#lib/cli/workers.js';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { runService } from '#lib/web/service/run-service.js';
import { FakeRequests } from './fake-requests.js';
import { FakeStores } from './fake-stores.js';

const connect = (options: ConnectOptions): SecureSocket => tls.connect(options);

const never = (): Promise<never> => Promise.reject(new Error('nothing to make certificates with'));

const NO_DEV_CERT: DevCertLibrary = { ensureDevCert: never, checkDevCert: never, removeDevCert: never };

export const NO_TUNNEL: TunnelLibrary = {
  createTunnels: () => {
    throw new Error('nothing to make tunnels with');
  },
  openTunnelFile: never,
  planTunnelFile: never,
  serveTunnelStatus: never,
};

const NO_POLICY: PolicyLibrary = {
  readPolicy: never,
  checkPolicy: never,
  schannelEvents: never,
  diffPolicy: () => {
    throw new Error('nothing to compare');
  },
  planChange: () => {
    throw new Error('nothing to plan for');
  },
  applyChange: never,
  undoChange: never,
};

const NO_SERVICE: ServiceLibrary = {
  ...{ checkInstallService: never, installService: never, removeService: never, runAsService: never },
  ...{ startService: never, stopService: never, restartService: never, reloadService: never },
  ...{ serviceStatus: never, serviceEvents: never },
};

export const NO_BINDING: BindingLibrary = {
  ...{ listBindings: never, readBinding: never, setBinding: never, removeBinding: never },
  ...{
    replaceCertificate: never,
    moveBindings: never,
    checkBinding: never,
    bindingListeners: never,
    extendedParameters: never,
  },
};

/** What else commands are given, where none runs. */
export const NO_RUN = {
  args: [],
  exit: (): void => undefined,
  lifecycle: CONSOLE,
  runCommand: never,
} as const;

const NO_WORKERS: Workers = {
  number: null,
  createCrew: () => {
    throw new Error('nothing to make workers with');
  },
  work: never,
};

/** What commands use, on any system: node:tls, and stores in memory. */
export const commandLibrary = (
  certificates: CertificateLibrary = new FakeStores(),
  diagnose: Diagnose = () => Promise.reject(new Error('nothing to diagnose')),
  devCert: DevCertLibrary = NO_DEV_CERT,
  requests: RequestLibrary = new FakeRequests(),
  web: Partial<WebLibrary> = {},
  tunnel: TunnelLibrary = NO_TUNNEL,
  service: Partial<ServiceLibrary> = {},
  workers: Workers = NO_WORKERS,
  binding: Partial<BindingLibrary> = {},
): CommandLibrary => ({
  tls: {
    ready: () => undefined,
    connect,
    startTls: createStartTls(connect),
    connectThrough: createConnectThrough<object, net.Socket>(connect, net.connect),
  },
  certificates,
  requests,
  diagnose,
  doctor,
  devCert,
  acme,
  web: { serve: never, runService, createSettingsServer: never, readSettings: never, ...web },
  tunnel,
  service: { ...NO_SERVICE, ...service },
  policy: NO_POLICY,
  binding: { ...NO_BINDING, ...binding },
  workers,
  whyNotListen: () => Promise.resolve(null),
});
