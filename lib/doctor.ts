import type { StartTlsProtocolName } from './adapters/starttls/start-tls.js';
import { explainServer } from './apps/decide/explain-server.js';
import { attemptConnection } from './apps/doctor/connection/attempt-connection.js';
import { asksForCertificate } from './apps/doctor/connection/client-certificate.js';
import { type ConnectionDiagnosis, diagnosisOf } from './apps/doctor/connection/diagnosis.js';
import type { DiagnosedTarget, MachineEvidence } from './apps/doctor/connection/evidence.js';
import { ownCertificates } from './apps/doctor/connection/own-certificates.js';
import { proxiesFor } from './apps/doctor/connection/proxies.js';
import { probe } from './apps/probe/probe.js';
import type { ProbeReport } from './apps/probe/report.js';
import { SYSTEM_CLOCK } from './base/async/clock.js';
import { endIfAborted } from './base/errors/abort-error.js';
import { errorCode } from './base/errors/error-code.js';
import { toError } from './base/errors/to-error.js';
import type { Native } from './native/binding.js';
import { native } from './native/load.js';
import type { ConnectionOptions } from './tls/connect.js';
import type { CertificateChoice } from './tls/identity/choice.js';
import { readPolicy } from './windows/policy/read-policy.js';

/** What `schannel/doctor` offers. */
export type { Conclusion, ConclusionCode, ConclusionVerdict } from './apps/doctor/connection/conclusion.js';
export type { ConnectionDiagnosis, DiagnosedSetting } from './apps/doctor/connection/diagnosis.js';
export type { DiagnosedTarget, OwnCertificate, ProxySetting } from './apps/doctor/connection/evidence.js';

/** A server to ask about. */
export interface DoctorTarget {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** The name to send, and to expect in the certificate. Default `host`. */
  readonly servername?: string | undefined;
  /** The protocol in which TLS is asked for; by default TLS begins at once. */
  readonly starttls?: StartTlsProtocolName | undefined;
}

export interface DiagnoseConnectionOptions extends Pick<
  ConnectionOptions,
  'ca' | 'minVersion' | 'maxVersion' | 'revocation'
> {
  /** Shown if the server asks for one. Default none: those that could be shown are only listed. */
  readonly certificate?: CertificateChoice | undefined;
  /** Connections of the probe at the same time, 1 to 16. Default 4. */
  readonly parallel?: number | undefined;
  /** Milliseconds for one connection of the probe, and for the handshake. Default 5000. */
  readonly timeout?: number | undefined;
  /** Where the names of proxies are read. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Ends it with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT = 5000;

/**
 * Says why a connection of this machine works or not: what the server accepts (as `probe()` of schannel/probe finds
 * out), what decides here, whether Windows trusts the server, and whether it asks for a certificate that this machine
 * has. It connects to the server many times, once of them by Schannel, and sends it no data. `revocation` is 'soft' by
 * default, so addresses in the certificate are asked.
 *
 * Without Schannel it says what the server accepts, and that the rest was not tried. What goes wrong with the server is
 * part of the answer, and no error.
 *
 * @throws TypeError, RangeError for wrong arguments; an AbortError
 * @throws SchannelError ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_SYSTEM_… if Windows does not let the stores be read
 */
export async function diagnoseConnection(
  target: DoctorTarget,
  options: DiagnoseConnectionOptions = {},
): Promise<ConnectionDiagnosis> {
  const { certificate, parallel, timeout = TIMEOUT, env = process.env, ...rest } = options;
  const signal = options.signal ?? new AbortController().signal;
  endIfAborted(signal);
  const time = new Date(SYSTEM_CLOCK.now());
  const { host, port, servername, starttls } = target;
  const asked: DiagnosedTarget = {
    ...{ host, port, servername: servername ?? host, starttls: starttls ?? null },
  };
  const { addon, absent } = schannel();
  const server = await probe(
    { host, port, servername, starttls },
    { parallel, timeout, signal, checks: ['groups', 'certificates'] },
  ).catch((error: unknown) => ({ error: finding(error) }));
  const evidence = {
    ...{ target: asked, proxies: proxiesFor(host, port, env) },
    ...{ server, absent, machine: null, attempt: null, certificates: null },
  };
  if (addon === null || 'error' in server) return diagnosisOf(evidence, time);
  const machine = await machineOf(server, rest);
  const { ca, minVersion, maxVersion, revocation = 'soft' } = rest;
  const asks = asksForCertificate(evidence);
  const { attempt, issuers } = await attemptConnection(
    asked,
    { ca, minVersion, maxVersion, revocation, certificate, timeout, signal },
    asks,
    SYSTEM_CLOCK,
  );
  endIfAborted(signal);
  const isAsked = asks || attempt.authorities !== null;
  const certificates = isAsked ? await ownCertificates(issuers, addon) : null;
  return diagnosisOf({ ...evidence, machine, attempt, certificates }, time);
}

/** The add-on, or why there is none. */
function schannel(): { readonly addon: Native | null; readonly absent: string | null } {
  try {
    return { addon: native(), absent: null };
  } catch (error) {
    if (errorCode(error) !== 'ERR_SCHANNEL_UNSUPPORTED_PLATFORM') throw error;
    return { addon: null, absent: toError(error).message };
  }
}

/** What is wrong with the arguments, and a cancelled probe, are the caller's matter. */
function finding(thrown: unknown): Error {
  const error = toError(thrown);
  if (error instanceof TypeError || error instanceof RangeError || error.name === 'AbortError') throw error;
  return error;
}

async function machineOf(
  server: ProbeReport,
  { minVersion, maxVersion }: DiagnoseConnectionOptions,
): Promise<MachineEvidence | null> {
  const policy = await readPolicy().catch(() => null);
  if (policy === null) return null;
  const range = { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) };
  const { compared, lacking } = explainServer(policy, 'client', server, range);
  return { release: policy.release, wine: policy.wine, compared, lacking };
}
