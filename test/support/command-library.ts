import tls from 'node:tls';
import type { CertificateLibrary, CommandLibrary } from '#lib/cli/command-context.js';
import type { Diagnose } from '#lib/cli/commands/doctor.js';
import type { ConnectOptions, SecureSocket } from '#lib/cli/tls.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { FakeStores } from './fake-stores.js';

const connect = (options: ConnectOptions): SecureSocket => tls.connect(options);

/** What commands use, on any system: node:tls, and stores in memory. */
export const commandLibrary = (
  certificates: CertificateLibrary = new FakeStores(),
  diagnose: Diagnose = () => Promise.reject(new Error('nothing to diagnose')),
): CommandLibrary => ({
  tls: { ready: () => undefined, connect, startTls: createStartTls(connect) },
  certificates,
  diagnose,
});
