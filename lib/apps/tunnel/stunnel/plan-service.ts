import path from 'node:path';

import { serverProtocols, speaksFirst } from '../../../adapters/starttls/server/answer.js';
import type { OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultAt, faultIn, refusal, sectionText } from '../../../formats/stunnel/fault.js';
import type { ClientTunnelOptions, TunnelTimeouts } from '../options.js';
import { addressOf } from './address.js';
import { certificateOf } from './certificate.js';
import type { Notices } from './notices.js';
import type { PlannedEndpoint, PlannedProgram, PlannedTls, PlannedTunnel } from './plan.js';
import { programOf } from './program.js';
import type { SectionOptions } from './section-options.js';
import { verificationOf } from './verification.js';
import { checkPolicies, ciphersOf, versionsOf } from './versions.js';

/** A section that serves some names of another one. */
export interface PlannedNames {
  /** The section that listens. */
  readonly primary: string;
  readonly pattern: string;
  readonly option: OptionLine;
}

/** A section, and how it is reached: where it listens, or through which names of other sections. */
export interface PlannedService {
  readonly options: SectionOptions;
  readonly tunnel: Omit<PlannedTunnel, 'accept' | 'routes'>;
  readonly accepts: readonly PlannedEndpoint[];
  readonly names: readonly PlannedNames[];
}

export interface PlanContext {
  /** Where relative paths begin. */
  readonly folder: string;
  readonly notices: Notices;
  readonly allowPrograms: boolean;
}

const ANY_ADDRESS = '0.0.0.0';

/**
 * What one section asks for.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function planService(
  options: SectionOptions,
  { folder, notices, allowPrograms }: PlanContext,
): PlannedService {
  const isClient = options.flag('client') === true;
  const resolve = (name: string): string => path.resolve(folder, name);
  const starttls = startTlsOf(options, isClient);
  const names = isClient ? [] : namesOf(options);
  const acceptLines = options.all('accept');
  const targets = options.all('connect');
  const program = programOf(options, { resolve, allowed: allowPrograms });
  const [variable] = program === null ? options.all('setEnv') : [];
  if (variable !== undefined) notices.note(variable, 'It has no effect here: only programs of "exec" get it');
  const isReached = acceptLines.length > 0 || names.length > 0;
  if (program !== null && targets.length > 0 && !isReached) throw withoutClients(options);
  const ends = [acceptLines.length > 0, targets.length > 0, names.length > 0, program !== null];
  if (ends.filter(Boolean).length !== 2) {
    throw faultAt(
      options.place,
      `Service ${sectionText(options.name)}: Each service must define two endpoints`,
      'Give it "accept" and "connect" (or "exec"), or as a section for a name "sni" and "connect".',
    );
  }
  const way = wayOf(options, isClient, targets, program);
  if (way.connect.length === 0) throw withoutTarget(options);
  const accepts = acceptLines.map((line) => {
    const accept = addressOf(line, ANY_ADDRESS);
    if (isClient && isOpen(accept)) notices.note(line, OPEN, 'warning');
    return accept;
  });
  const verification = verificationOf(options, { targets: way.connect, resolve, notices });
  checkPolicies(options);
  const redirect = redirectOf(options, isClient, verification.tls.requestCert === true);
  const resumed = options.number('sessionCacheTimeout');
  const tls: PlannedTls = {
    ...versionsOf(options, notices),
    ...ciphersOf(options),
    ...(resumed === undefined ? {} : { sessionTimeout: resumed }),
    ...certificateOf(options, resolve),
    ...verification.tls,
  };
  const local = options.text('local');
  const reset = options.flag('reset');
  const timeouts = timeoutsOf(options);
  return {
    options,
    accepts,
    names,
    tunnel: {
      name: options.name,
      mode: isClient ? 'client' : 'server',
      ...way,
      ...failoverOf(options),
      ...starttls,
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(local === undefined ? {} : { localAddress: local }),
      ...(reset === undefined ? {} : { reset }),
      ...(verification.allow === undefined ? {} : { allow: verification.allow }),
      ...(verification.pins === undefined ? {} : { pins: verification.pins }),
      ...(verification.certificateOptional === true ? { certificateOptional: true } : {}),
      ...(redirect === undefined ? {} : { redirect }),
      tls,
    },
  };
}

const OPEN =
  'Every machine that can reach this one may use this tunnel, in the clear. "accept = 127.0.0.1:PORT" opens it for programs of this machine only';

const isOpen = (end: PlannedEndpoint): boolean =>
  'host' in end && (end.host === ANY_ADDRESS || end.host === '::');

const withoutClients = ({ place, name }: SectionOptions): Error =>
  faultAt(
    place,
    `Service [${name}]: A tunnel starts programs for connections only`,
    'Give it "accept" instead of "exec", and run the program so that it connects there.',
  );

const withoutTarget = ({ place, name }: SectionOptions): Error =>
  faultAt(place, `Service [${name}]: It has no target`, 'Give it "connect".');

type ClientProtocol = NonNullable<ClientTunnelOptions['starttls']>;

const PROTOCOLS: Readonly<Record<string, ClientProtocol>> = {
  smtp: 'smtp',
  imap: 'imap',
  pop3: 'pop3',
  nntp: 'nntp',
  ldap: 'ldap',
  pgsql: 'postgres',
};

/** Those in which stunnel is a server. Of the first two it also takes clients that begin with TLS. */
const OF_SERVERS: readonly ClientProtocol[] = ['smtp', 'imap', 'pop3', 'postgres'];
const OF_BOTH_KINDS: readonly ClientProtocol[] = ['smtp', 'imap'];

/** The targets, and what is on the way to them. */
function wayOf(
  options: SectionOptions,
  isClient: boolean,
  targets: readonly OptionLine[],
  program: PlannedProgram | null,
): Pick<PlannedTunnel, 'connect' | 'through' | 'proxyProtocol'> {
  const connect = targets.map((line) => addressOf(line, 'localhost'));
  const protocol = options.word('protocol');
  const [host, user, password] = ['protocolHost', 'protocolUsername', 'protocolPassword'].map((name) =>
    options.last(name),
  );
  if (!isClient || protocol !== 'connect') {
    const line = host ?? user ?? password;
    if (line !== undefined) {
      throw refusal(
        line,
        'A tunnel signs in at proxies only',
        'Use it with "protocol = connect" in a client section.',
      );
    }
    return {
      connect: program === null ? connect : [program],
      ...(!isClient && protocol === 'proxy' && { proxyProtocol: { out: 1 } }),
    };
  }
  if (host === undefined) {
    const what = `Service ${sectionText(options.name)}: The proxy is not told to what it shall connect`;
    throw faultAt(options.place, what, 'Name the target with "protocolHost".');
  }
  if (program !== null) {
    throw faultIn(host, 'A program is no proxy', 'Name the proxy with "connect" instead of "exec".');
  }
  const [proxy, another] = connect;
  const [, second] = targets;
  if (another !== undefined && second !== undefined) {
    throw refusal(second, 'A tunnel asks one proxy', 'Name one proxy with "connect".');
  }
  if (proxy === undefined || !('host' in proxy)) return { connect };
  return {
    connect: [addressOf(host, 'localhost')],
    through: [
      {
        ...{ protocol: 'connect', ...proxy },
        ...(user !== undefined && user.value !== '' && { user: user.value }),
        ...(password !== undefined && {
          password: { file: path.resolve(password.place.file), line: password.place.line },
        }),
      },
    ],
  };
}

function startTlsOf(
  options: SectionOptions,
  isClient: boolean,
): Pick<PlannedTunnel, 'starttls' | 'implicitTls'> {
  const line = options.last('protocol');
  if (line === undefined) return {};
  const name = line.value.toLowerCase();
  const starttls = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined;
  if (starttls === undefined) {
    if (name === (isClient ? 'connect' : 'proxy')) return {};
    if (!OTHER_PROTOCOLS.includes(name)) {
      throw faultIn(line, `The protocols are ${[...Object.keys(PROTOCOLS), ...OTHER_PROTOCOLS].join(', ')}`);
    }
    throw refusal(line, 'A tunnel does not speak this protocol', 'Connect to the target itself.');
  }
  if (isClient) return { starttls };
  if (!OF_SERVERS.includes(starttls)) {
    throw refusal(
      line,
      'A server section does not speak this protocol',
      'Leave it out, and let clients use the port for TLS: 636 for LDAP, 563 for NNTP.',
    );
  }
  const redirect = options.last('redirect');
  if (redirect !== undefined && greetsFirst(starttls)) {
    throw refusal(
      redirect,
      GREETS_FIRST,
      'Leave it out, or let clients use the port for TLS: 465, 993, 995.',
    );
  }
  return { starttls, ...(OF_BOTH_KINDS.includes(starttls) && { implicitTls: true }) };
}

/** Why clients can't be sent elsewhere. */
export const GREETS_FIRST = 'With this protocol the target greets clients before TLS';

/** Whether the target of a server tunnel speaks first. */
export const greetsFirst = (starttls: string | undefined): boolean =>
  serverProtocols.some((protocol) => protocol === starttls && speaksFirst(protocol));

const OTHER_PROTOCOLS = ['connect', 'socks', 'proxy', 'cifs', 'capwin', 'capwinctrl'];

/** 'SECTION:pattern' of a section that is a server. */
function namesOf(options: SectionOptions): PlannedNames[] {
  return options.all('sni').map((option) => {
    const colon = option.value.indexOf(':');
    if (colon < 1 || colon === option.value.length - 1) {
      throw faultIn(option, 'Write the name of a section, a colon and the name that clients ask for');
    }
    const pattern = option.value
      .slice(colon + 1)
      .trim()
      .toLowerCase();
    if (!/^(?:\*\.)?[^*\s]+$/.test(pattern)) {
      throw faultIn(option, 'A pattern is a host name, and may begin with "*."');
    }
    return { primary: option.value.slice(0, colon).trim(), pattern, option };
  });
}

function redirectOf(
  options: SectionOptions,
  isClient: boolean,
  isVerifying: boolean,
): readonly PlannedEndpoint[] | undefined {
  const lines = options.all('redirect');
  const [first] = lines;
  if (first === undefined) return undefined;
  if (isClient) throw faultIn(first, '"redirect" is unsupported in client sections');
  if (!isVerifying) {
    throw faultIn(first, '"redirect" needs certificates of clients', 'Set "verifyChain = yes".');
  }
  return lines.map((line) => addressOf(line, 'localhost'));
}

function failoverOf(options: SectionOptions): Pick<PlannedTunnel, 'failover'> {
  const order = options.word('failover');
  return order === 'rr' || order === 'prio' ? { failover: order } : {};
}

/** stunnel's names of them. The time for data that must come also holds for the handshake. */
const TIMEOUTS: readonly [option: string, ...timeouts: (keyof TunnelTimeouts)[]][] = [
  ['TIMEOUTconnect', 'connect'],
  ['TIMEOUTbusy', 'busy', 'handshake'],
  ['TIMEOUTidle', 'idle'],
  ['TIMEOUTclose', 'close'],
];

function timeoutsOf(options: SectionOptions): TunnelTimeouts | undefined {
  const found: Record<string, number> = {};
  for (const [name, ...timeouts] of TIMEOUTS) {
    const line = options.last(name);
    if (line === undefined) continue;
    const seconds = Number(line.value);
    // 0 is no time in stunnel, and no limit in a tunnel. At the end of a connection no time makes sense.
    if (seconds === 0 && name !== 'TIMEOUTclose') {
      throw refusal(
        line,
        'It would end every connection at once',
        'Leave it out, or give a number of seconds.',
      );
    }
    for (const timeout of timeouts) found[timeout] = seconds === 0 ? 1 : seconds * 1000;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
