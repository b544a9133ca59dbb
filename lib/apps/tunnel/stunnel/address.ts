import type { OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultIn } from '../../../formats/stunnel/fault.js';
import type { PlannedEndpoint } from './plan.js';

/** Services by the names that the Internet Assigned Numbers Authority has for them, as far as tunnels need them. */
const SERVICES: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  pop3: 110,
  nntp: 119,
  imap: 143,
  imap2: 143,
  snmp: 161,
  ldap: 389,
  https: 443,
  smtps: 465,
  submissions: 465,
  ssmtp: 465,
  syslog: 514,
  nntps: 563,
  submission: 587,
  ldaps: 636,
  'domain-s': 853,
  rsync: 873,
  ftps: 990,
  telnets: 992,
  imaps: 993,
  pop3s: 995,
  'ms-sql-s': 1433,
  mysql: 3306,
  'ms-wbt-server': 3389,
  sieve: 4190,
  postgresql: 5432,
  redis: 6379,
  'syslog-tls': 6514,
  'secure-mqtt': 8883,
};

const PATH = /^(?:\/|\\\\|[a-z]:[\\/])/i;
const HIGHEST_PORT = 65_535;

/**
 * Reads an address, `[host:]port`: the last colon divides it, so that `:::993` is port 993 of all IPv6 addresses. What
 * begins as a path is a Unix socket or a named pipe.
 *
 * @param host what stands for a missing host
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG
 */
export function addressOf(option: OptionLine, host: string): PlannedEndpoint {
  const { value } = option;
  if (PATH.test(value)) return { path: value };
  const colon = value.lastIndexOf(':');
  const port = portOf(value.slice(colon + 1));
  if (port === null) {
    throw faultIn(option, 'The address has no valid port', 'Write "host:port", or the port by itself.');
  }
  const named = colon > 0 ? value.slice(0, colon).replace(/^\[(.*)\]$/, '$1') : '';
  return { host: named === '' ? host : named, port };
}

function portOf(text: string): number | null {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= HIGHEST_PORT ? Number(text) : null;
  const name = text.toLowerCase();
  return Object.hasOwn(SERVICES, name) ? (SERVICES[name] ?? null) : null;
}
