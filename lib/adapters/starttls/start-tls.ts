import type { Duplex } from 'node:stream';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { Dialogue, DIALOGUE_LIMITS, type DialogueLimits, type LineListener } from './dialogue.js';
import { unavailable } from './errors.js';
import type { StartTlsProtocol, Upgrade } from './protocol.js';
import { ftp } from './ftp.js';
import { imap } from './imap.js';
import { irc } from './irc.js';
import { ldap } from './ldap.js';
import { mysql } from './mysql.js';
import { nntp } from './nntp.js';
import { pop3 } from './pop3.js';
import { postgres } from './postgres.js';
import { rdp } from './rdp.js';
import { sieve } from './sieve.js';
import { lmtp, smtp } from './smtp.js';
import { tds } from './tds.js';
import { telnet } from './telnet.js';
import { untilSecure } from './until-secure.js';
import { domainOf, xmpp, xmppServer } from './xmpp.js';

const PROTOCOLS = {
  smtp,
  lmtp,
  imap,
  pop3,
  sieve,
  ftp,
  nntp,
  ldap,
  postgres,
  mysql,
  xmpp,
  'xmpp-server': xmppServer,
  irc,
  rdp,
  tds,
  telnet,
} as const satisfies Record<string, StartTlsProtocol>;

/** Names of the protocols of {@link StartTls}. */
export type StartTlsProtocolName = keyof typeof PROTOCOLS;

export const startTlsProtocols = Object.freeze(Object.keys(PROTOCOLS)) as readonly StartTlsProtocolName[];

/** Options of the dialogue. All others are passed to connect(). */
export interface DialogueSettings {
  /**
   * The protocol on the socket: 'smtp' (RFC 3207), 'lmtp', 'imap', 'pop3', 'sieve' (ManageSieve), 'ftp', 'nntp',
   * 'ldap', 'postgres', 'mysql' (MariaDB too), 'xmpp', 'xmpp-server' (between servers), 'irc', 'rdp',
   * 'tds' (TDS 7 of SQL Server, with TLS up to 1.2), 'telnet'.
   */
  protocol: StartTlsProtocolName;
  /**
   * The name to send in EHLO, by default this machine's full name, or else the connection's address in brackets; for
   * XMPP the domain, by default `servername` or `host`.
   */
  name?: string | undefined;
  /** For 'xmpp-server': the domain of the server that opens the stream, by default this machine's full name. */
  from?: string | undefined;
  /**
   * true (default): a server without STARTTLS is an error. false: if the server does not offer TLS or refuses it, the
   * socket is returned as it is, in the clear. A failed handshake is still an error. Only for protocols of mail and
   * news and for 'ftp', and not with a client certificate.
   */
  required?: boolean | undefined;
  /** Milliseconds for the whole clear-text dialogue. Default 30,000. The handshake has connect()'s handshakeTimeout. */
  dialogueTimeout?: number | undefined;
  /** Ends the dialogue or the handshake with an AbortError. Has no effect after the promise is settled. */
  signal?: AbortSignal | undefined;
  /** Called with each line of the clear-text dialogue, for a log. */
  onLine?: LineListener | undefined;
  /** Changes {@link DIALOGUE_LIMITS}. */
  limits?: Partial<DialogueLimits> | undefined;
}

/** The options of connect() that matter here. */
interface Target {
  readonly host?: string | undefined;
  readonly servername?: string | null | undefined;
  readonly minVersion?: string | null | undefined;
  readonly maxVersion?: string | null | undefined;
  readonly secureProtocol?: string | null | undefined;
}

type Connect<Options, Secured> = (options: Options & { socket: Duplex }) => Secured;

/** See startTls() of the entry point, which uses connect(). */
export interface StartTls<Options, Secured> {
  (socket: Duplex, options: Options & DialogueSettings & { required?: true | undefined }): Promise<Secured>;
  <Clear extends Duplex>(
    socket: Clear,
    options: Options & DialogueSettings & { required: boolean },
  ): Promise<Secured | Clear>;
}

export const DIALOGUE_TIMEOUT = 30_000;

/**
 * Makes a startTls() from a connect() like tls.connect().
 * @param ready called before anything is sent; throws if connect() cannot work
 */
export function createStartTls<Options extends Target, Secured extends Duplex>(
  connect: Connect<Options, Secured>,
  ready: () => void = () => undefined,
): StartTls<Options, Secured> {
  async function startTls(socket: Duplex, options: Options & DialogueSettings): Promise<Secured | Duplex> {
    ready();
    const { protocol, name, from, required, dialogueTimeout, signal, onLine, limits, ...rest } = options;
    checkArguments(options);
    const settings = { protocol, name, from, required, dialogueTimeout, signal, onLine, limits };
    const dialogue = dialogueOf(socket, settings);
    try {
      const { upgrade, clear } = await converse(dialogue, settings, serverName(options));
      if (!upgrade.ready) return clear;
      // Without the options of the dialogue, what is left are those of connect().
      const connectOptions = { ...rest, ...versionsFor(options) } as unknown as Options;
      const carrier = upgrade.carry?.(clear) ?? clear;
      return await untilSecure(connect({ ...connectOptions, socket: carrier }), signal ?? null);
    } catch (error) {
      dialogue.abandon();
      throw error;
    }
  }
  return startTls as StartTls<Options, Secured>;
}

/**
 * Only the clear-text part, up to where TLS begins.
 * @returns the stream on which TLS begins
 * @throws what startTls() throws before the handshake
 */
export async function askForTls(socket: Duplex, options: Target & DialogueSettings): Promise<Duplex> {
  checkArguments(options);
  const dialogue = dialogueOf(socket, options);
  try {
    const { upgrade, clear } = await converse(dialogue, { ...options, required: true }, serverName(options));
    return upgrade.ready ? (upgrade.carry?.(clear) ?? clear) : clear;
  } catch (error) {
    dialogue.abandon();
    throw error;
  }
}

const dialogueOf = (
  socket: Duplex,
  { dialogueTimeout, signal, onLine, limits }: DialogueSettings,
): Dialogue =>
  new Dialogue(socket, {
    limits: completeLimits(limits),
    timeout: dialogueTimeout ?? DIALOGUE_TIMEOUT,
    signal: signal ?? null,
    onLine: onLine ?? null,
  });

/** Asks for TLS. @throws ERR_SCHANNEL_STARTTLS_UNAVAILABLE if it is required and the server has none */
async function converse(
  dialogue: Dialogue,
  { protocol, name, from, required }: DialogueSettings,
  host: string,
): Promise<{ readonly upgrade: Upgrade; readonly clear: Duplex }> {
  const upgrade = await PROTOCOLS[protocol](dialogue, {
    name: name ?? null,
    from: from ?? null,
    host,
  });
  if (!upgrade.ready && (required ?? true)) throw unavailable(upgrade.why, upgrade.reply);
  return { upgrade, clear: dialogue.release() };
}

/** What a server has said, and is over, in these protocols: without TLS their streams are of no use. */
const ALWAYS_TLS: readonly StartTlsProtocolName[] = [
  'ldap',
  'postgres',
  'mysql',
  'xmpp',
  'xmpp-server',
  'irc',
  'rdp',
  'tds',
  'telnet',
];

/** A client that has a certificate to show does not want to go on without TLS. */
const OWN_CERTIFICATE = ['certificate', 'pfx', 'cert', 'key'] as const;

/** The option that has a certificate of the client; null for none. */
export function ownCertificateIn(options: object): string | null {
  const given: Partial<Record<string, unknown>> = { ...options };
  return OWN_CERTIFICATE.find((each) => given[each] !== undefined && given[each] !== null) ?? null;
}

/** connect() treats '' as none, and without a name it expects "localhost" in the certificate. */
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

const serverName = ({ host, servername }: Target): string => (isName(servername) ? servername : (host ?? ''));

/**
 * TDS 7 changes from its own messages to bare TLS where the handshake ends, which only versions before 1.3 show.
 */
function versionsFor({ protocol, maxVersion, secureProtocol }: Target & DialogueSettings): Target {
  if (protocol !== 'tds' || secureProtocol || (maxVersion && maxVersion !== 'TLSv1.3')) return {};
  return { maxVersion: 'TLSv1.2' };
}

function checkArguments(options: Target & DialogueSettings): void {
  if (!Object.hasOwn(PROTOCOLS, options.protocol)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `protocol must be one of ${startTlsProtocols.join(', ')}, not ${options.protocol}`,
    );
  }
  // A socket does not say a name, and to guess one would mean not to check the certificate.
  if (!isName(options.host) && !isName(options.servername)) {
    throw argumentError(
      'ERR_MISSING_ARGS',
      'host or servername is required: the name that the certificate must match',
    );
  }
  checkDialogue(options);
  if (options.required === false) checkFallback(options);
  if (options.protocol === 'xmpp' || options.protocol === 'xmpp-server') {
    domainOf(options.name ?? serverName(options));
  }
  if (options.protocol === 'tds' && options.minVersion === 'TLSv1.3') {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "protocol: 'tds' cannot carry TLS 1.3. For TDS 8, use connect() with ALPNProtocols: ['tds/8.0']",
    );
  }
  if (options.from !== undefined) domainOf(options.from, 'from');
}

/** What the dialogues of clients and of servers have in common. @throws TypeError ERR_INVALID_ARG_VALUE */
export function checkDialogue({
  name,
  dialogueTimeout,
  limits,
}: Pick<DialogueSettings, 'name' | 'dialogueTimeout' | 'limits'>): void {
  const timeout = dialogueTimeout ?? DIALOGUE_TIMEOUT;
  if (!(timeout > 0 && timeout <= LONGEST_TIMER_MS)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `dialogueTimeout must be a positive number of milliseconds, at most ${LONGEST_TIMER_MS}`,
    );
  }
  completeLimits(limits);
  if (name !== undefined && !/^[\x21-\x7e]+$/.test(name)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      'name must consist of printable ASCII characters without spaces',
    );
  }
}

/**
 * The limits, with the default of each that is missing or undefined: no limit is switched off by mistake.
 * @throws TypeError ERR_INVALID_ARG_VALUE for one that is no positive number
 */
export function completeLimits(given: Partial<DialogueLimits> | undefined): DialogueLimits {
  const limit = (name: keyof DialogueLimits): number => {
    const value: unknown = given?.[name] ?? DIALOGUE_LIMITS[name];
    if (typeof value === 'number' && value > 0) return value;
    throw argumentError('ERR_INVALID_ARG_VALUE', `limits.${name} must be a positive number`);
  };
  return {
    lineLength: limit('lineLength'),
    replyLines: limit('replyLines'),
    totalBytes: limit('totalBytes'),
  };
}

/** @throws TypeError ERR_INVALID_ARG_VALUE where nothing may be sent in the clear */
function checkFallback(options: DialogueSettings): void {
  const own = ownCertificateIn(options);
  if (own === null && !ALWAYS_TLS.includes(options.protocol)) return;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `required: false is not possible with ${own === null ? `protocol: '${options.protocol}'` : `the option ${own}`}`,
  );
}
