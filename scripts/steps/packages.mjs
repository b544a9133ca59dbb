import { existsSync, statfsSync } from 'node:fs';
import { missingPackages as missingForRig } from '../rig/host.mjs';
import { ROOT, findProgram } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';

/**
 * What the build and the tests call or use, and the Debian package that has it. The `service` of a package is not
 * started, neither now nor with the machine.
 */
const PROGRAMS = [
  { program: 'cmake', name: 'cmake', needed: true },
  { program: 'ninja', name: 'ninja-build', needed: true },
  { program: 'x86_64-w64-mingw32-g++-posix', name: 'g++-mingw-w64-x86-64-posix', needed: true },
  { program: 'g++', name: 'g++', needed: true },
  { program: '/usr/include/openssl/ssl.h', name: 'libssl-dev', needed: true },
  { program: 'certutil', name: 'libnss3-tools', needed: false },
  { program: 'chromium', name: 'chromium', needed: false },
  { program: 'clang++-19', name: 'clang-19', needed: false },
  { program: 'clang-format', name: 'clang-format', needed: false },
  { program: 'curl', name: 'curl', needed: false },
  { program: '/usr/lib/dovecot/imap-login', name: 'dovecot-imapd', needed: false, service: 'dovecot' },
  { program: '/usr/lib/dovecot/pop3-login', name: 'dovecot-pop3d', needed: false },
  { program: '/usr/lib/dovecot/managesieve-login', name: 'dovecot-managesieved', needed: false },
  { program: '/usr/lib/dovecot/lmtp', name: 'dovecot-lmtpd', needed: false },
  { program: '/usr/share/easy-rsa/easyrsa', name: 'easy-rsa', needed: false },
  { program: 'gnutls-cli', name: 'gnutls-bin', needed: false },
  { program: '/usr/sbin/inspircd', name: 'inspircd', needed: false, service: 'inspircd' },
  { program: 'ldapsearch', name: 'ldap-utils', needed: false },
  { program: '/usr/sbin/haproxy', name: 'haproxy', needed: false, service: 'haproxy' },
  { program: 'microsocks', name: 'microsocks', needed: false },
  { program: 'minica', name: 'minica', needed: false },
  { program: '/usr/sbin/mosquitto', name: 'mosquitto', needed: false, service: 'mosquitto' },
  { program: 'mosquitto_sub', name: 'mosquitto-clients', needed: false },
  { program: '/usr/sbin/named', name: 'bind9', needed: false },
  { program: 'lego', name: 'lego', needed: false },
  { program: '/usr/sbin/mariadbd', name: 'mariadb-server-core', needed: false },
  { program: '/usr/sbin/nginx', name: 'nginx', needed: false, service: 'nginx' },
  { program: 'h2load', name: 'nghttp2-client', needed: false },
  { program: 'nats-server', name: 'nats-server', needed: false, service: 'nats-server' },
  { program: 'openssl', name: 'openssl', needed: false },
  { program: 'pebble', name: 'pebble', needed: false },
  { program: 'pki', name: 'strongswan-pki', needed: false },
  {
    program: '/usr/lib/ipsec/plugins/libstrongswan-openssl.so',
    name: 'libstrongswan-standard-plugins',
    needed: false,
  },
  { program: 'postfix', name: 'postfix', needed: false },
  { program: 'pg_lsclusters', name: 'postgresql', needed: false, service: 'postgresql' },
  { program: 'psql', name: 'postgresql-client', needed: false },
  { program: '/usr/bin/prosody', name: 'prosody', needed: false, service: 'prosody' },
  { program: '/usr/sbin/proftpd', name: 'proftpd-core', needed: false, service: 'proftpd' },
  { program: '/usr/lib/proftpd/mod_tls.so', name: 'proftpd-mod-crypto', needed: false },
  { program: '/usr/bin/public-inbox-nntpd', name: 'public-inbox', needed: false },
  {
    program: '/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py',
    name: 'python3-prometheus-client',
    needed: false,
  },
  {
    program: '/usr/lib/rabbitmq/bin/rabbitmq-server',
    name: 'rabbitmq-server',
    needed: false,
    service: 'rabbitmq-server',
  },
  { program: 'redis-server', name: 'redis-server', needed: false, service: 'redis-server' },
  { program: 'scepserver', name: 'scep', needed: false },
  { program: '/usr/sbin/slapd', name: 'slapd', needed: false, service: 'slapd' },
  { program: 'sslscan', name: 'sslscan', needed: false },
  { program: '/usr/sbin/squid', name: 'squid', needed: false, service: 'squid' },
  { program: 'stunnel4', name: 'stunnel4', needed: false, service: 'stunnel4' },
  // Not called by any test, but by Wine for NTLM, and by squid.
  { program: 'ntlm_auth', name: 'winbind', needed: false, service: 'winbind' },
  { program: 'wrk', name: 'wrk', needed: false },
  { program: 'xca', name: 'xca', needed: false },
  { program: '/usr/sbin/xrdp', name: 'xrdp', needed: false, service: 'xrdp' },
  { program: '/usr/sbin/xrdp-sesman', name: 'xrdp', needed: false, service: 'xrdp-sesman' },
];

/** What a processor of Windows takes besides. */
const PROGRAMS_FOR = {
  ia32: [{ program: 'i686-w64-mingw32-g++-posix', name: 'g++-mingw-w64-i686-posix', needed: true }],
};

// The tool chain takes 0.9 GB, Chromium 0.4, dependencies and outputs the rest; the rig checks its own place.
const DISK_BYTES = 2e9;

// Another apt may be at work: automatic upgrades, or a second run of these scripts.
const LOCK = '-oDPkg::Lock::Timeout=300';

/**
 * Installs the Debian packages that are missing, in one call.
 * @throws {Refusal} if someone with more rights has to
 */
export async function installPackages(report, arch = 'x64') {
  const missing = [...PROGRAMS, ...(PROGRAMS_FOR[arch] ?? [])].filter(
    ({ program }) => findProgram(program) === null,
  );
  const needed = [...namesOf(missing.filter((entry) => entry.needed)), ...missingForRig()];
  const packages = [...new Set([...needed, ...namesOf(missing)])];
  if (packages.length === 0) return;
  const root = findProgram('apt-get') === null ? null : await rootPrefix();
  if (root !== null) {
    checkDisk();
    await apt(root, packages, report);
  } else if (needed.length > 0) {
    throw findProgram('apt-get') === null ? withoutApt(missing) : withoutRoot(packages);
  }
  // What is only useful is left out; the tests that need it are skipped and say so.
}

const namesOf = (entries) => entries.map((entry) => entry.name);

const installCommand = (packages) => ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];

const withoutRoot = (packages) =>
  new Refusal(
    `These packages are missing: ${packages.join(', ')}.\nOnly root can install them. Run once, then repeat your command:`,
    `sudo ${installCommand(packages).join(' ')}`,
  );

/** Another distribution: what is needed is named by program, since its packages have other names. */
const withoutApt = (missing) =>
  new Refusal(
    `These programs are missing: ${missing.map((entry) => entry.program).join(', ')}, apt-get.\n` +
      'They are installed for you on Debian and its relatives only. In a container:',
    `docker run --rm -it -v "${ROOT}:/repo" -w /repo node:24-bookworm npm test`,
  );

/** How to run something as root: not at all different, by sudo without a password, or (null) not at all. */
async function rootPrefix() {
  if (process.getuid() === 0) return [];
  const sudo = findProgram('sudo');
  if (sudo === null) return null;
  const allowed = await mustRun(sudo, ['-n', 'true']).then(
    () => true,
    () => false,
  );
  return allowed ? [sudo, '-n'] : null;
}

async function apt(root, packages, report) {
  const run = (args, options) => {
    const [program, ...rest] = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', ...args];
    return mustRun(program, rest, options);
  };
  report('package lists');
  await run(['apt-get', 'update', '-q', LOCK, '-oAPT::Update::Error-Mode=any']).catch((error) => {
    throw new Refusal(
      `The package lists could not be fetched: no network, or the mirror does not answer.\n${error.message}`,
      'sudo apt-get update',
    );
  });
  // A mail server that nobody asked for must not start by itself: Postfix stays without a configuration.
  if (packages.includes('postfix')) {
    const choice = 'postfix postfix/main_mailer_type select No configuration';
    await run(['sh', '-c', `echo "${choice}" | debconf-set-selections`]);
  }
  const services = PROGRAMS.filter(({ name, service }) => service !== undefined && packages.includes(name));
  if (services.length > 0) await run(['sh', '-c', HOLD_SERVICES]);
  try {
    await run([...installCommand(packages), LOCK, '-oAPT::Status-Fd=1'], {
      title: 'apt-get install',
      onLine: (line) => reportApt(line, report),
    });
  } finally {
    if (services.length > 0) await run(['sh', '-c', RELEASE_SERVICES]);
  }
  if (services.length > 0 && existsSync('/run/systemd/system')) {
    await run(['systemctl', 'disable', ...services.map(({ service }) => service)]);
  }
}

// Packages ask this program whether they may start what they have installed (invoke-rc.d(8)): 101 is no.
const POLICY = '/usr/sbin/policy-rc.d';
const HELD = '/run/schannel-holds-services';
const HOLD_SERVICES = `[ -e ${POLICY} ] || { printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY} && touch ${HELD}; }`;
const RELEASE_SERVICES = `[ ! -e ${HELD} ] || rm -f ${POLICY} ${HELD}`;

/** apt's status lines: "dlstatus:1:12.5:Retrieving file 3 of 9", "pmstatus:cmake:55.0:Unpacking cmake". */
function reportApt(line, report) {
  const [, kind, percent, what] = /^(dl|pm)status:[^:]*:([\d.]+):(.*)$/.exec(line) ?? [];
  if (kind !== undefined) report(kind === 'dl' ? 'download' : 'install', Number(percent) / 100, what);
}

function checkDisk() {
  for (const folder of ['/usr', '/var', ROOT].filter(existsSync)) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize >= DISK_BYTES) continue;
    const [need, free] = [DISK_BYTES, bavail * bsize].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
    throw new Refusal(
      `Not enough disk space: ${need} are needed in ${folder}, ${free} are free.`,
      `df -h ${folder}`,
    );
  }
}
