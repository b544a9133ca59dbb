import { createHash } from 'node:crypto';
import path from 'node:path';
import tls, { type PeerCertificate } from 'node:tls';

import type { ServerProtocolName } from '../../../adapters/starttls/server/answer.js';
import type { ProxyStep } from '../../../adapters/proxy/index.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import type { ConfigurationFiles } from '../../../formats/stunnel/read-configuration.js';
import { certificateOf } from '../../../formats/x509/certificate-of.js';
import { publicKeyDer } from '../../../formats/x509/public-key.js';
import { parseCaList } from '../../../windows/trust/ca-list.js';
import type { CertificateRequest } from '../../../tls/identity/selector.js';
import type { SecureContextOptions } from '../../../tls/secure-context/secure-context.js';
import type {
  AllowRule,
  ClientTlsOptions,
  ServerTlsOptions,
  TunnelOptions,
  TunnelRoute,
} from '../options.js';
import type { PlannedProxy, PlannedSecret, PlannedSource, PlannedTls, PlannedTunnel } from './plan.js';

/** What a plan is loaded with. */
export interface LoadSettings {
  readonly files: ConfigurationFiles;
  /** For keys in files that are encrypted. */
  readonly passphrase?: string | undefined;
}

/**
 * Reads the files of a planned tunnel.
 * @returns options of createTunnel()
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG for a file that can't be read or has no certificate
 */
export async function loadTunnel(plan: PlannedTunnel, settings: LoadSettings): Promise<TunnelOptions> {
  const { tls: planned, pins, allow, routes, redirect, starttls, mode, connect, ...others } = plan;
  const { certificateOptional, implicitTls, through, ...rest } = others;
  const rules = await allowOf(allow, pins, settings);
  const common = { ...rest, connect: [...connect], ...(rules === undefined ? {} : { allow: rules }) };
  const shared = await contextOf(planned, settings);
  if (mode === 'client') {
    return {
      ...common,
      mode,
      ...(starttls === undefined ? {} : { starttls }),
      ...(through === undefined ? {} : { through: await proxiesOf(through, settings) }),
      tls: { ...shared, ...clientTls(planned) },
    };
  }
  return {
    ...common,
    mode,
    ...(certificateOptional === undefined ? {} : { certificateOptional }),
    // createTunnel() refuses a protocol that a server does not speak.
    ...(starttls === undefined ? {} : { starttls: starttls as ServerProtocolName }),
    ...(implicitTls === undefined ? {} : { implicitTls }),
    ...(redirect === undefined ? {} : { redirect: [...redirect] }),
    ...(routes === undefined ? {} : { routes: await routesOf(routes, settings, rules !== undefined) }),
    tls: { ...shared, ...serverTls(planned) },
  };
}

function proxiesOf(through: readonly PlannedProxy[], { files }: LoadSettings): Promise<ProxyStep[]> {
  return Promise.all(
    through.map(async ({ password, ...step }) => ({
      ...step,
      ...(password === undefined ? {} : { password: await secretAt(password, files) }),
    })),
  );
}

/** What stands behind the sign in a line of a file. */
async function secretAt({ file, line }: PlannedSecret, files: ConfigurationFiles): Promise<string> {
  const lines = (await read(file, files)).toString().split(/\r?\n/);
  const [, value] = /^[^=]*=(.*)$/.exec(lines[line - 1] ?? '') ?? [];
  if (value !== undefined) return value.trim();
  throw new SchannelError('ERR_SCHANNEL_TUNNEL_CONFIG', `There is no password in ${file}:${String(line)}`, {
    advice: 'Check the line: it has a name, "=" and the password.',
  });
}

async function routesOf(
  routes: NonNullable<PlannedTunnel['routes']>,
  settings: LoadSettings,
  hasRules: boolean,
): Promise<Record<string, TunnelRoute>> {
  const loaded = new Map<string, TunnelRoute>();
  for (const [name, route] of Object.entries(routes)) {
    const { requestCert, rejectUnauthorized } = route;
    const allow = await allowOf(route.allow, route.pins, settings);
    loaded.set(name, {
      connect: [...route.connect],
      tls: await contextOf(route.tls, settings),
      ...(allow === undefined ? {} : { allow }),
      // The rules of one section are not those of another.
      ...(allow === undefined && hasRules && requestCert !== false ? { allow: () => true } : {}),
      ...(requestCert === undefined ? {} : { requestCert }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    });
  }
  return Object.fromEntries(loaded);
}

function clientTls({ servername, names, rejectUnauthorized }: PlannedTls): ClientTlsOptions {
  return {
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(names === undefined ? {} : { checkServerIdentity: checkOf(names) }),
  };
}

const serverTls = ({ requestCert, rejectUnauthorized }: PlannedTls): ServerTlsOptions => ({
  ...(requestCert === undefined ? {} : { requestCert }),
  ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
});

/** One of the names is enough; null stands for any. */
function checkOf(names: readonly string[] | null) {
  return (_host: string, certificate: PeerCertificate): Error | undefined => {
    let first: Error | undefined;
    for (const name of names ?? []) {
      const fault = tls.checkServerIdentity(name, certificate);
      if (fault === undefined) return undefined;
      first ??= fault;
    }
    return first;
  };
}

async function contextOf(planned: PlannedTls, settings: LoadSettings): Promise<SecureContextOptions> {
  const { minVersion, maxVersion, ciphers, revocation, revocationTimeout, sessionTimeout } = planned;
  const { allowPartialTrustChain, certificate, ca, crl } = planned;
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(revocation === undefined ? {} : { revocation }),
    ...(revocationTimeout === undefined ? {} : { revocationTimeout }),
    ...(sessionTimeout === undefined ? {} : { sessionTimeout }),
    ...(allowPartialTrustChain === undefined ? {} : { allowPartialTrustChain }),
    ...(certificate === undefined
      ? {}
      : { certificate: certificate === 'issuers' ? firstCandidate : certificate }),
    ...(ca === undefined ? {} : { ca: await contentsOf(ca, settings) }),
    ...(crl === undefined ? {} : { crl: await contentsOf(crl, settings) }),
    ...(await identityOf(planned, settings)),
  };
}

/** A certificate that the server accepts, of the user or else of the machine. */
const firstCandidate = async (request: CertificateRequest) => (await request.candidates())[0] ?? null;

/** A PEM file has its key in it, if it is not in another one. Everything else is PKCS#12. */
async function identityOf({ cert, key }: PlannedTls, settings: LoadSettings): Promise<SecureContextOptions> {
  if (cert === undefined) return {};
  const files = await contentsOf(cert, settings);
  const secret = settings.passphrase === undefined ? {} : { passphrase: settings.passphrase };
  const texts = files.filter(isPem);
  const archives = files.filter((bytes) => !isPem(bytes));
  const keys = key === undefined ? texts : await contentsOf([key], settings);
  return {
    ...secret,
    ...(archives.length === 0 ? {} : { pfx: archives }),
    ...(texts.length === 0 ? {} : { cert: texts, key: keys }),
  };
}

/** PKCS#12 begins with a SEQUENCE, and no PEM text begins with its first byte. */
const isPem = (bytes: Buffer): boolean => bytes[0] !== 0x30;

async function allowOf(
  allow: readonly AllowRule[] | undefined,
  pins: readonly PlannedSource[] | undefined,
  settings: LoadSettings,
): Promise<readonly AllowRule[] | undefined> {
  if (pins === undefined) return allow;
  const certificates = parseCaList(await contentsOf(pins, settings));
  const spki = [...new Set(certificates.map(({ der }) => keyOf(der)))];
  return (allow ?? [{}]).map((rule) => ({ ...rule, spki }));
}

/** SHA-256 of the public key. */
const keyOf = (der: Uint8Array): string =>
  createHash('sha256')
    .update(publicKeyDer(certificateOf(der).publicKey))
    .digest('hex');

async function contentsOf(sources: readonly PlannedSource[], { files }: LoadSettings): Promise<Buffer[]> {
  const contents: Buffer[] = [];
  for (const source of sources) {
    for (const file of await filesOf(source, files)) contents.push(await read(file, files));
  }
  return contents;
}

async function filesOf(source: PlannedSource, files: ConfigurationFiles): Promise<readonly string[]> {
  if ('file' in source) return [source.file];
  const names = await files.list(source.folder).catch((error: unknown) => {
    throw unreadable(source.folder, error);
  });
  return [...names].sort().map((name) => path.join(source.folder, name));
}

async function read(file: string, files: ConfigurationFiles): Promise<Buffer> {
  const bytes = await files.read(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const unreadable = (file: string, error: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_TUNNEL_CONFIG', `Cannot read ${file}: ${toError(error).message}`, {
    cause: error,
    advice: 'Check the name, and whether this account may read it.',
  });
