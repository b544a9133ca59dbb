import { Option, type Command } from 'commander';
import { toError } from '../base/errors/to-error.js';
import { parseCaList } from '../windows/trust/ca-list.js';
import { parsePins } from '../windows/trust/pins.js';
import { REVOCATION_MODES, type RevocationMode } from '../windows/trust/revocation.js';
import { readInput, seconds } from './arguments.js';
import { UsageError } from './usage-error.js';

/** The options about a TLS server, as commander parses them. */
export interface PeerFlags {
  readonly servername?: string;
  readonly ca?: readonly string[];
  readonly extraCa?: readonly string[];
  readonly pinnedPubkey?: string;
  readonly minVersion?: Version;
  readonly maxVersion?: Version;
  readonly revocation?: RevocationMode;
  readonly dangerAcceptAnyCertificate?: boolean;
}

/** The options that all commands with a connection share. */
export interface TlsFlags extends PeerFlags {
  /** Seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

type Version = 'TLSv1.2' | 'TLSv1.3';

/** Those about TLS, as options of connect(). */
export interface TlsOptions {
  servername?: string;
  ca?: Buffer[];
  extraCa?: Buffer[];
  pins?: string;
  minVersion?: Version;
  maxVersion?: Version;
  revocation?: RevocationMode;
  rejectUnauthorized: boolean;
}

const VERSIONS: readonly Version[] = ['TLSv1.2', 'TLSv1.3'];

export function addTlsFlags(command: Command): Command {
  return addPeerFlags(command)
    .option('--timeout <seconds>', 'time limit for the whole command', seconds, 60)
    .option('--json', 'print one JSON object');
}

export function addPeerFlags(command: Command): Command {
  return command
    .option('--servername <name>', 'name to send by SNI and to expect in the certificate (default: the host)')
    .option('--ca <file...>', "trust only these certificates (PEM, DER, P7B; default: Windows' stores)")
    .option('--extra-ca <file...>', 'trust these certificates, too')
    .addOption(new Option('--min-version <version>', 'lowest protocol version').choices(VERSIONS))
    .addOption(new Option('--max-version <version>', 'highest protocol version').choices(VERSIONS))
    .option(
      '--pinned-pubkey <hashes>',
      "accept only servers with one of these keys, as curl does: 'sha256//BASE64;sha256//BASE64'",
    )
    .addOption(new Option('--revocation <mode>', 'how revocation is checked').choices(REVOCATION_MODES))
    .option(
      '--danger-accept-any-certificate',
      'continue even if the certificate is not trusted; only for experiments',
    );
}

/** @throws {UsageError} when a file of --ca cannot be read or has no certificate */
export function tlsOptions(flags: PeerFlags): TlsOptions {
  return {
    ...(flags.servername === undefined ? {} : { servername: flags.servername }),
    ...(flags.ca === undefined ? {} : { ca: flags.ca.map(readCertificates) }),
    ...(flags.extraCa === undefined
      ? {}
      : { extraCa: flags.extraCa.map((file) => certificatesIn(file, '--extra-ca')) }),
    ...(flags.pinnedPubkey === undefined ? {} : { pins: pinsOf(flags.pinnedPubkey) }),
    ...(flags.minVersion === undefined ? {} : { minVersion: flags.minVersion }),
    ...(flags.maxVersion === undefined ? {} : { maxVersion: flags.maxVersion }),
    ...(flags.revocation === undefined ? {} : { revocation: flags.revocation }),
    rejectUnauthorized: flags.dangerAcceptAnyCertificate !== true,
  };
}

/** Checked here: the command line is at fault, not the connection. */
function pinsOf(text: string): string {
  try {
    parsePins(text, '--pinned-pubkey');
    return text;
  } catch (error) {
    throw new UsageError(toError(error).message);
  }
}

/** The content of a file of --ca. @throws {UsageError} as {@link tlsOptions} */
export const readCertificates = (path: string): Buffer => certificatesIn(path, '--ca');

function certificatesIn(path: string, option: string): Buffer {
  const bytes = readInput(path, option);
  try {
    parseCaList(bytes);
  } catch (error) {
    // The command line is at fault, not the connection.
    throw new UsageError(`${option} ${path}: ${toError(error).message}`);
  }
  return bytes;
}
