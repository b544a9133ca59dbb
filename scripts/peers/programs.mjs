import { findProgram, inRoot } from '../support/paths.mjs';

/** What runs this: some scripts need nothing else. */
const NODE = { program: process.execPath, package: 'nodejs' };

/** Starts the servers of scripts/libraries/servers.mjs. */
const LIBRARIES = 'scripts/libraries/peer.mjs';

/** Starts the servers of scripts/starttls/servers.mjs. */
const STARTTLS = 'scripts/starttls/peer.mjs';

/**
 * What the tests may start on this machine, by name.
 * @type {Record<string, Installed & { script?: string, helpers?: Installed[], needsRoot?: string }>}
 *   `program` is what has to be installed, and what is started unless a `script` of ours starts it, by means of
 *   `helpers` where there are any; a script of Python is the program's own. `needsRoot` is the reason why it can't
 *   run without
 * @typedef {{ program: string, package: string }} Installed a program, or a file, and the Debian package that has it
 */
const PROGRAMS = {
  'bench-probe': { ...NODE, script: 'bench/peer/probe.mjs' },
  chromium: {
    program: 'chromium',
    package: 'chromium',
    script: 'scripts/chromium/peer.mjs',
    helpers: [
      { program: 'certutil', package: 'libnss3-tools' },
      { program: 'pk12util', package: 'libnss3-tools' },
    ],
  },
  curl: { program: 'curl', package: 'curl' },
  dovecot: {
    program: '/usr/lib/dovecot/imap-login',
    package: 'dovecot-imapd',
    script: STARTTLS,
    helpers: [
      { program: '/usr/lib/dovecot/pop3-login', package: 'dovecot-pop3d' },
      { program: '/usr/lib/dovecot/managesieve-login', package: 'dovecot-managesieved' },
      { program: '/usr/lib/dovecot/lmtp', package: 'dovecot-lmtpd' },
    ],
    needsRoot: 'Dovecot can only be started by root',
  },
  'gnutls-cli': { program: 'gnutls-cli', package: 'gnutls-bin' },
  inspircd: {
    program: '/usr/lib/inspircd/modules/m_starttls.so',
    package: 'inspircd',
    script: STARTTLS,
  },
  ldapsearch: { program: 'ldapsearch', package: 'ldap-utils' },
  h2load: { program: 'h2load', package: 'nghttp2-client' },
  haproxy: { program: '/usr/sbin/haproxy', package: 'haproxy' },
  lego: { program: 'lego', package: 'lego', script: 'scripts/lego/peer.mjs' },
  mariadb: {
    program: '/usr/sbin/mariadbd',
    package: 'mariadb-server-core',
    script: STARTTLS,
    needsRoot: 'MariaDB is started by root as the user nobody',
  },
  microsocks: { program: 'microsocks', package: 'microsocks' },
  mosquitto: { program: '/usr/sbin/mosquitto', package: 'mosquitto' },
  mosquitto_pub: { program: 'mosquitto_pub', package: 'mosquitto-clients' },
  mosquitto_sub: { program: 'mosquitto_sub', package: 'mosquitto-clients' },
  'mosquitto-certificates': {
    program: '/usr/sbin/mosquitto',
    package: 'mosquitto',
    script: LIBRARIES,
    needsRoot: 'Mosquitto reads its key as root',
  },
  'nats-certificates': { program: 'nats-server', package: 'nats-server', script: LIBRARIES },
  /** Several servers in Node, by OpenSSL. */
  'node-certificates': { ...NODE, script: 'test/libraries/servers.mjs' },
  named: { program: '/usr/sbin/named', package: 'bind9' },
  nginx: { program: '/usr/sbin/nginx', package: 'nginx' },
  ntlm_auth: { program: 'ntlm_auth', package: 'winbind' },
  openssl: { program: 'openssl', package: 'openssl' },
  openmetrics: {
    program: '/usr/bin/python3',
    package: 'python3',
    script: 'scripts/openmetrics/parse.py',
    helpers: [
      {
        program: '/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py',
        package: 'python3-prometheus-client',
      },
    ],
  },
  pebble: {
    program: 'pebble',
    package: 'pebble',
    script: 'scripts/pebble/peer.mjs',
    helpers: [{ program: 'pebble-challtestsrv', package: 'pebble' }],
  },
  postfix: {
    program: 'postfix',
    package: 'postfix',
    script: 'scripts/postfix/peer.mjs',
    needsRoot: 'Postfix can only be started by root',
  },
  psql: { program: 'psql', package: 'postgresql-client' },
  postgresql: {
    // The programs of the server are in a folder of its version.
    program: 'pg_lsclusters',
    package: 'postgresql',
    script: STARTTLS,
    needsRoot: 'PostgreSQL is started by root as the user postgres',
  },
  proftpd: {
    program: '/usr/sbin/proftpd',
    package: 'proftpd-core',
    script: STARTTLS,
    helpers: [{ program: '/usr/lib/proftpd/mod_tls.so', package: 'proftpd-mod-crypto' }],
    needsRoot: 'ProFTPD can only be started by root',
  },
  prosody: {
    program: '/usr/bin/prosody',
    package: 'prosody',
    script: STARTTLS,
    needsRoot: 'Prosody is started by root as the user prosody',
  },
  'rabbitmq-certificates': {
    program: '/usr/lib/rabbitmq/bin/rabbitmq-server',
    package: 'rabbitmq-server',
    script: LIBRARIES,
    helpers: [{ program: 'epmd', package: 'erlang-base' }],
    needsRoot: 'RabbitMQ reads its key as root',
  },
  'redis-certificates': { program: 'redis-server', package: 'redis-server', script: LIBRARIES },
  'public-inbox': { program: '/usr/bin/public-inbox-nntpd', package: 'public-inbox', script: STARTTLS },
  'slow-line': { ...NODE, script: 'bench/peer/slow-line.mjs' },
  slapd: { program: '/usr/sbin/slapd', package: 'slapd', script: STARTTLS },
  squid: { program: '/usr/sbin/squid', package: 'squid' },
  sslscan: { program: 'sslscan', package: 'sslscan' },
  stunnel: { program: 'stunnel4', package: 'stunnel4' },
  wrk: { program: 'wrk', package: 'wrk' },
  xrdp: {
    program: '/usr/sbin/xrdp',
    package: 'xrdp',
    script: STARTTLS,
    needsRoot: 'xrdp is started by root, whose folder for sockets it uses',
  },
  xca: { program: 'xca', package: 'xca', script: 'scripts/xca/peer.mjs' },
};

/** Servers that want certificates: those above with other settings, and some more. */
for (const name of ['dovecot', 'mariadb', 'postgresql', 'proftpd', 'prosody', 'slapd']) {
  PROGRAMS[`${name}-certificates`] = { ...PROGRAMS[name], script: LIBRARIES };
}

/**
 * Whether a program can be started here.
 * @returns {string | null} why it can't be
 */
export function whyUnavailable(name) {
  const entry = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (entry === undefined) return `${name} is not on the list of peers`;
  const missing = [entry, ...(entry.helpers ?? [])].find(({ program }) => findProgram(program) === null);
  if (missing !== undefined) return `${missing.program} is not installed (package ${missing.package})`;
  if (entry.needsRoot !== undefined && process.getuid() !== 0) return entry.needsRoot;
  return null;
}

/** The words of the command line in front of a test's own arguments. */
export function commandOf(name) {
  const { program, script } = PROGRAMS[name];
  if (script === undefined) return [findProgram(program)];
  return [script.endsWith('.py') ? findProgram(program) : process.execPath, inRoot(script)];
}
