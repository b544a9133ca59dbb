import { InvalidArgumentError } from 'commander';
import type { ConclusionCode } from '../../apps/doctor/connection/conclusion.js';
import type { ConnectionDiagnosis } from '../../apps/doctor/connection/diagnosis.js';
import { startTlsProtocols } from '../../adapters/starttls/start-tls.js';
import type { CertificateChoice } from '../../tls/identity/choice.js';
import { REVOCATION_MODES } from '../../windows/trust/revocation.js';
import { seconds } from '../arguments.js';
import type { CommandContext } from '../command-context.js';
import { formatDiagnosis } from '../describe-diagnosis.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { parseHostAndPort } from '../host-and-port.js';
import { writeReport } from '../report.js';
import { readCertificates } from '../tls-options.js';
import { UsageError } from '../usage-error.js';
import { withSelectedCertificate } from './cert/selected-certificate.js';
import type { DoctorConnectFlags } from './doctor-connect-flags.js';

/** Runs it. The exit code says what fails. */
export async function runDoctorConnect(
  target: string,
  flags: DoctorConnectFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { certificate } = flags;
  if (certificate === undefined) return diagnose(target, undefined, flags, context);
  context.tls.ready();
  return withSelectedCertificate(context, certificate, {}, ({ entry }) =>
    diagnose(target, entry, flags, context),
  );
}

async function diagnose(
  text: string,
  certificate: CertificateChoice | undefined,
  flags: DoctorConnectFlags,
  { io, doctor }: CommandContext,
): Promise<ExitCode> {
  const { host, port } = parseHostAndPort(text);
  const { servername, ca } = flags;
  const starttls = oneOf('--starttls', flags.starttls, startTlsProtocols);
  const options = {
    minVersion: oneOf('--min-version', flags.minVersion, VERSIONS),
    maxVersion: oneOf('--max-version', flags.maxVersion, VERSIONS),
    revocation: oneOf('--revocation', flags.revocation, REVOCATION_MODES),
    timeout: millisecondsOf(flags.timeout),
    ca: ca?.map(readCertificates),
  };
  const abort = new AbortController();
  const giveUp = (): void => abort.abort();
  process.once('SIGINT', giveUp);
  try {
    const diagnosis = await doctor.diagnoseConnection(
      { host, port, servername, starttls },
      { ...options, certificate, env: io.env, signal: abort.signal },
    );
    writeReport(io, flags, { facts: () => diagnosis, lines: (style) => formatDiagnosis(diagnosis, style) });
    return exitCodeOfDiagnosis(diagnosis);
  } finally {
    process.off('SIGINT', giveUp);
  }
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** @throws {UsageError} */
function oneOf<Value extends string>(
  option: string,
  given: string | undefined,
  values: readonly Value[],
): Value | undefined {
  const value = values.find((each) => each === given);
  if (value === undefined && given !== undefined) {
    throw new UsageError(`${option} must be one of ${values.join(', ')}, not ${given}`);
  }
  return value;
}

/** @throws {UsageError} */
function millisecondsOf(timeout: string | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  try {
    return seconds(timeout) * 1000;
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(`--timeout: ${error.message}`);
    throw error;
  }
}

/** By what fails. What is left out fails in the handshake. */
const BY_CAUSE: Partial<Record<ConclusionCode, ExitCode>> = {
  HOST_UNKNOWN: EXIT_CODES.connect,
  HOST_UNREACHABLE: EXIT_CODES.connect,
  NAME_MISMATCH: EXIT_CODES.certificate,
  CHAIN_INCOMPLETE: EXIT_CODES.certificate,
  CHAIN_UNTRUSTED: EXIT_CODES.certificate,
  CERTIFICATE_TIME: EXIT_CODES.certificate,
  CERTIFICATE_REVOKED: EXIT_CODES.certificate,
  CERTIFICATE_REFUSED: EXIT_CODES.certificate,
  REVOCATION_UNKNOWN: EXIT_CODES.certificate,
  CLIENT_CERTIFICATE_UNUSABLE: EXIT_CODES.failure,
};

function exitCodeOfDiagnosis({ cause, conclusions }: ConnectionDiagnosis): ExitCode {
  if (cause !== null) return BY_CAUSE[cause] ?? EXIT_CODES.tls;
  const isAbsent = conclusions.some(({ code }) => code === 'SCHANNEL_ABSENT');
  return isAbsent ? EXIT_CODES.unsupported : EXIT_CODES.ok;
}
