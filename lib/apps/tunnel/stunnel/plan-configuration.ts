import path from 'node:path';

import type { Configuration, OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultAt, faultIn, refusal, sectionText } from '../../../formats/stunnel/fault.js';
import { optionOf } from '../../../formats/stunnel/option-table.js';
import { Notices } from './notices.js';
import type { PlannedRoute, PlannedTunnel, StunnelPlan, StunnelProcess } from './plan.js';
import {
  GREETS_FIRST,
  greetsFirst,
  planService,
  type PlannedNames,
  type PlannedService,
} from './plan-service.js';
import { sectionsOf } from './section-options.js';
import { IGNORED_SOCKET_OPTIONS } from './versions.js';

/**
 * What a configuration of stunnel means here, as JSON.
 *
 * @param allowPrograms it may have programs
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function planConfiguration(configuration: Configuration, allowPrograms: boolean): StunnelPlan {
  const [file = ''] = configuration.files;
  const folder = path.dirname(path.resolve(file));
  const sections = sectionsOf(configuration);
  const process = processOf(configuration.head, folder);
  if (sections.length === 0) {
    const [first] = configuration.head.filter(({ name }) => name === 'accept' || name === 'connect');
    const what = 'A file without a section describes a service of inetd';
    if (first !== undefined) throw refusal(first, what, BEGIN_SECTION);
    throw faultAt({ file, line: 1, column: 1 }, 'Each service must define two endpoints', BEGIN_SECTION);
  }
  const notices = new Notices();
  for (const option of configuration.head) note(option, notices);
  for (const { options } of configuration.sections) {
    for (const option of options) {
      note(option, notices);
      if (OF_PROCESS.has(option.name)) notices.note(option, 'It has an effect only before the first section');
    }
  }
  const services = sections.map((section) => planService(section, { folder, notices, allowPrograms }));
  return { process, services: withRoutes(services, notices), notices: notices.list() };
}

/** Options that sections may have, and that are about the process. */
const OF_PROCESS: ReadonlySet<string> = new Set(['debug', 'service']);

const BEGIN_SECTION = 'Begin a section with "[name]" above its options.';

function note(option: OptionLine, notices: Notices): void {
  const known = optionOf(option.name);
  if (known?.treatment === 'notice') notices.note(option, `It has no effect. ${known.meaning}`);
  if (known?.name === 'socket') {
    const name = /^[alr]:([A-Za-z_]+)=/.exec(option.value)?.[1] ?? '';
    const why = IGNORED_SOCKET_OPTIONS.get(name);
    if (why !== undefined) notices.note(option, why);
  }
  if (known?.name === 'engineCtrl' && !/^store_(?:name|flags)\s*:/.test(option.value)) {
    notices.note(option, 'It has no effect. Windows has no such switch');
  }
  if (known?.name === 'CRLcheckChain' && option.value.toLowerCase() === 'no')
    notices.note(option, known.meaning);
}

/** The tunnels that listen, each with the sections that serve some of its names. */
function withRoutes(services: readonly PlannedService[], notices: Notices): readonly PlannedTunnel[] {
  const routes = new Map<string, Map<string, PlannedRoute>>();
  const primaries = new Map(
    services.filter(({ accepts }) => accepts.length > 0).map((one) => [one.options.name, one]),
  );
  for (const service of services) {
    for (const names of service.names) {
      const primary = primaries.get(names.primary);
      if (primary?.tunnel.mode !== 'server') throw faultIn(names.option, 'SNI section name not found');
      if (greetsFirst(primary.tunnel.starttls)) {
        throw refusal(names.option, GREETS_FIRST, 'Let this section listen on another port.');
      }
      const known = routes.get(names.primary) ?? new Map<string, PlannedRoute>();
      if (known.has(names.pattern)) throw faultIn(names.option, 'Another section serves this name');
      known.set(names.pattern, routeOf(service, primary, names));
      routes.set(names.primary, known);
      if (names.pattern.startsWith('*.')) {
        notices.note(
          names.option,
          'The "*" stands for one part of a name; in stunnel it stands for several, too',
        );
      }
    }
  }
  return services.flatMap(({ options: { name }, accepts, tunnel }) => {
    const own = routes.get(name);
    return accepts.map((accept) => ({
      ...tunnel,
      accept,
      ...(own === undefined ? {} : { routes: Object.fromEntries(own) }),
    }));
  });
}

function routeOf({ tunnel }: PlannedService, primary: PlannedService, names: PlannedNames): PlannedRoute {
  const { requestCert, rejectUnauthorized, ...tls } = tunnel.tls;
  const { tls: first } = primary.tunnel;
  const differs = requestCert !== first.requestCert || rejectUnauthorized !== first.rejectUnauthorized;
  for (const option of [
    'redirect',
    'certificateOptional',
    'localAddress',
    'failover',
    'timeouts',
    'reset',
  ] as const) {
    const [mine, its] = [tunnel[option], primary.tunnel[option]];
    if (mine !== undefined && JSON.stringify(mine) !== JSON.stringify(its)) {
      throw refusal(
        names.option,
        `${sectionText(tunnel.name)} has other options for connections than ${sectionText(names.primary)}: ${option}`,
        'Give them to the section that listens.',
      );
    }
  }
  if (JSON.stringify(tunnel.proxyProtocol) !== JSON.stringify(primary.tunnel.proxyProtocol)) {
    throw refusal(
      names.option,
      `Only one of ${sectionText(tunnel.name)} and ${sectionText(names.primary)} tells its target who has connected`,
      'Give "protocol = proxy" to both.',
    );
  }
  const { allow, pins, connect } = tunnel;
  return {
    connect,
    tls,
    ...(allow === undefined ? {} : { allow }),
    ...(pins === undefined ? {} : { pins }),
    ...(differs && {
      requestCert: requestCert === true,
      rejectUnauthorized: rejectUnauthorized !== false,
    }),
  };
}

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

function processOf(head: readonly OptionLine[], folder: string): StunnelProcess {
  const last = (name: string): OptionLine | undefined => head.filter((option) => option.name === name).at(-1);
  const [debug, output, log, service] = ['debug', 'output', 'log', 'service'].map(last);
  return {
    ...(debug === undefined ? {} : { debug: levelOf(debug) }),
    ...(output === undefined ? {} : { output: outputOf(output.value, folder) }),
    ...(log === undefined ? {} : { log: log.value.toLowerCase() === 'overwrite' ? 'overwrite' : 'append' }),
    ...(service === undefined ? {} : { service: service.value }),
  };
}

/** Devices of Unix stand for the standard streams. */
const outputOf = (value: string, folder: string): string =>
  value.startsWith('/dev/') ? value : path.resolve(folder, value);

/** 'daemon.notice', 'notice' or '5'. */
function levelOf(option: OptionLine): number {
  const level = option.value.slice(option.value.lastIndexOf('.') + 1).toLowerCase();
  const number = /^[0-7]$/.test(level) ? Number(level) : LEVELS.indexOf(LEVEL_NAMES[level] ?? level);
  if (number >= 0) return number;
  throw faultIn(option, `The level is a number from 0 to 7, or one of ${LEVELS.join(', ')}`);
}

const LEVEL_NAMES: Readonly<Record<string, string>> = { panic: 'emerg', error: 'err', warn: 'warning' };
