import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/**
 * Real servers with STARTTLS, and two in the clear for the far end of a tunnel, each on loopback only, with everything
 * it keeps in one folder, and without systemd. A server has files, commands that prepare it, and the one that runs it
 * in the foreground.
 *
 * @typedef {{ dir: string, cert: string, key: string, ports: readonly string[] }} Place files and free ports
 * @type {Record<string, (place: Place) => import('../peers/run-server.mjs').Setup>}
 */
export const SERVERS = {
  /** Ports: IMAP, POP3, ManageSieve, LMTP. */
  dovecot: ({ dir, cert, key, ports: [imap, pop3, sieve, lmtp] }) => {
    const off = (service, name) => listener(service, name, 0);
    return {
      files: {
        'dovecot.conf': [
          ...(isDovecot23() ? dovecot23(cert, key) : dovecot24(cert, key)),
          `base_dir = ${dir}/run`,
          `state_dir = ${dir}/state`,
          'log_path = /dev/stderr',
          'protocols = imap pop3 sieve lmtp',
          'listen = 127.0.0.1',
          'ssl = required',
          'auth_mechanisms = plain',
          listener('imap-login', 'imap', imap),
          off('imap-login', 'imaps'),
          listener('pop3-login', 'pop3', pop3),
          off('pop3-login', 'pop3s'),
          listener('managesieve-login', 'sieve', sieve),
          listener('lmtp', 'lmtp', lmtp),
        ].join('\n'),
      },
      command: ['/usr/sbin/dovecot', '-F', '-c', `${dir}/dovecot.conf`],
    };
  },

  /** Without TLS. Ports: IMAP, and LMTP for what Postfix takes in. Everybody has the password "secret". */
  'dovecot-clear': ({ dir, ports: [imap, lmtp] }) => ({
    files: {
      'dovecot.conf': [
        ...(isDovecot23() ? clearDovecot23(dir) : clearDovecot24(dir)),
        `base_dir = ${dir}/run`,
        `state_dir = ${dir}/state`,
        'log_path = /dev/stderr',
        'protocols = imap lmtp',
        'listen = 127.0.0.1',
        'ssl = no',
        'auth_mechanisms = plain',
        listener('imap-login', 'imap', imap),
        listener('imap-login', 'imaps', 0),
        listener('lmtp', 'lmtp', lmtp),
      ].join('\n'),
    },
    prepare: [['install', '-d', '-o', 'nobody', '-g', 'nogroup', `${dir}/home`]],
    command: ['/usr/sbin/dovecot', '-F', '-c', `${dir}/dovecot.conf`],
  }),

  proftpd: proftpd('TLSOptions NoSessionReuseRequired'),
  /** As it is without settings: data must resume the session of the control connection. */
  'proftpd-resuming': proftpd(),

  slapd: ({ dir, cert, key, ports: [port] }) => ({
    files: {
      'slapd.conf': [
        'include /etc/ldap/schema/core.schema',
        'modulepath /usr/lib/ldap',
        'moduleload back_mdb',
        `pidfile ${dir}/pid`,
        `TLSCertificateFile ${cert}`,
        `TLSCertificateKeyFile ${key}`,
        'security ssf=1',
        'database mdb',
        'suffix "dc=example"',
        `directory ${dir}`,
        '',
      ].join('\n'),
    },
    command: ['/usr/sbin/slapd', '-f', `${dir}/slapd.conf`, '-h', `ldap://127.0.0.1:${port}`, '-d', '0'],
  }),

  /** TLS from the first byte, and on another port by STARTTLS. The primes for DHE are in dh.pem. */
  'slapd-tls': ({ dir, cert, key, ports: [port, clear] }) => ({
    files: {
      'slapd.conf': [
        'include /etc/ldap/schema/core.schema',
        'modulepath /usr/lib/ldap',
        'moduleload back_mdb',
        `pidfile ${dir}/pid`,
        `TLSCertificateFile ${cert}`,
        `TLSCertificateKeyFile ${key}`,
        `TLSDHParamFile ${dir}/dh.pem`,
        'database mdb',
        'suffix "dc=example"',
        `directory ${dir}`,
        '',
      ].join('\n'),
    },
    command: [
      ...['/usr/sbin/slapd', '-f', `${dir}/slapd.conf`, '-d', '0'],
      ...['-h', `ldaps://127.0.0.1:${port} ldap://127.0.0.1:${clear}`],
    ],
  }),

  /** Without TLS, and with one entry, cn=door. */
  'slapd-clear': ({ dir, ports: [port] }) => ({
    files: {
      'slapd.conf': [
        'include /etc/ldap/schema/core.schema',
        'modulepath /usr/lib/ldap',
        'moduleload back_mdb',
        `pidfile ${dir}/pid`,
        'database mdb',
        'suffix "dc=example"',
        `directory ${dir}`,
        '',
      ].join('\n'),
      'entries.ldif': [
        'dn: dc=example',
        'objectClass: dcObject',
        'objectClass: organization',
        'dc: example',
        'o: example',
        '',
        'dn: cn=door,dc=example',
        'objectClass: device',
        'cn: door',
        'description: opened-by-ldap',
        '',
      ].join('\n'),
    },
    prepare: [['/usr/sbin/slapadd', '-f', `${dir}/slapd.conf`, '-l', `${dir}/entries.ldif`]],
    command: ['/usr/sbin/slapd', '-f', `${dir}/slapd.conf`, '-h', `ldap://127.0.0.1:${port}`, '-d', '0'],
  }),

  /** It refuses to run as root, and its key must be its own. */
  postgresql: ({ dir, cert, key, ports: [port] }) => {
    const bin = `/usr/lib/postgresql/${readdirSync('/usr/lib/postgresql').sort().at(-1)}/bin`;
    const asPostgres = ['runuser', '-u', 'postgres', '--'];
    const data = `${dir}/data`;
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: cert,
      ssl_key_file: key,
      fsync: 'off',
    };
    return {
      owner: 'postgres',
      files: { 'pg_hba.conf': 'hostssl all all 127.0.0.1/32 trust\n' },
      ready: 'ready to accept connections',
      prepare: [[...asPostgres, `${bin}/initdb`, '--no-sync', '-D', data, '-A', 'trust', '-U', 'postgres']],
      command: [
        ...asPostgres,
        `${bin}/postgres`,
        '-D',
        data,
        ...Object.entries({ ...settings, hba_file: `${dir}/pg_hba.conf` }).flatMap(([name, value]) => [
          '-c',
          `${name}=${value}`,
        ]),
      ],
    };
  },

  /** Without tables of accounts, which need another package: everybody may log in. */
  mariadb: ({ dir, cert, key, ports: [port] }) => ({
    owner: 'nobody',
    prepare: [['runuser', '-u', 'nobody', '--', 'mkdir', `${dir}/data`]],
    command: [
      '/usr/sbin/mariadbd',
      '--no-defaults',
      '--skip-grant-tables',
      '--user=nobody',
      `--datadir=${dir}/data`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${dir}/socket`,
      `--pid-file=${dir}/pid`,
      `--ssl-cert=${cert}`,
      `--ssl-key=${key}`,
    ],
  }),

  /** Ports: for clients, and for servers. */
  prosody: ({ dir, cert, key, ports: [clients, servers] }) => ({
    owner: 'prosody',
    files: {
      'prosody.cfg.lua': [
        `pidfile = "${dir}/pid"`,
        `data_path = "${dir}"`,
        'interfaces = { "127.0.0.1" }',
        `c2s_ports = { ${clients} }`,
        `s2s_ports = { ${servers} }`,
        'http_ports = {}',
        'https_ports = {}',
        'modules_enabled = { "tls", "saslauth", "dialback" }',
        'c2s_require_encryption = true',
        's2s_require_encryption = true',
        'authentication = "internal_plain"',
        'log = { warn = "*console" }',
        'VirtualHost "localhost"',
        `  ssl = { certificate = "${cert}", key = "${key}" }`,
        '',
      ].join('\n'),
    },
    command: ['runuser', '-u', 'prosody', '--', 'prosody', '-F', '--config', `${dir}/prosody.cfg.lua`],
  }),

  inspircd: ({ dir, cert, key, ports: [port] }) => ({
    files: {
      'inspircd.conf': [
        '<server name="irc.example" description="test" network="test" id="0AA">',
        '<admin name="admin" nick="admin" email="admin@irc.example">',
        `<path configdir="${dir}" datadir="${dir}" logdir="${dir}" runtimedir="${dir}">`,
        `<pid file="${dir}/pid">`,
        `<bind address="127.0.0.1" port="${port}" type="clients">`,
        '<connect allow="*" resolvehostnames="no" useident="no">',
        '<module name="ssl_gnutls">',
        `<sslprofile name="own" provider="gnutls" certfile="${cert}" keyfile="${key}">`,
        '<module name="starttls">',
        '<starttls provider="own">',
        '',
      ].join('\n'),
    },
    command: ['/usr/sbin/inspircd', '--nofork', '--runasroot', `--config=${dir}/inspircd.conf`],
  }),

  /** Without a session manager: it goes as far as a connection does. */
  xrdp: ({ dir, cert, key, ports: [port] }) => ({
    files: {
      'xrdp.ini': [
        '[Globals]',
        'ini_version=1',
        `port=tcp://127.0.0.1:${port}`,
        'security_layer=tls',
        `certificate=${cert}`,
        `key_file=${key}`,
        'ssl_protocols=TLSv1.2, TLSv1.3',
        '[Logging]',
        `LogFile=${dir}/log`,
        'LogLevel=ERROR',
        'EnableSyslog=false',
        '',
      ].join('\n'),
    },
    command: ['/usr/sbin/xrdp', '--nodaemon', '-c', `${dir}/xrdp.ini`],
  }),

  /** NNTP, for no group at all. */
  'public-inbox': ({ dir, cert, key, ports: [port] }) => ({
    files: { config: '' },
    command: [
      'env',
      `PI_DIR=${dir}`,
      `PI_CONFIG=${dir}/config`,
      '/usr/bin/public-inbox-nntpd',
      '-W0',
      ...['-l', `nntp://127.0.0.1:${port}/?cert=${cert},key=${key}`],
    ],
  }),
};

export const listener = (service, name, port) =>
  `service ${service} {\n  inet_listener ${name} {\n    port = ${port}\n  }\n}\n`;

export const isDovecot23 = () =>
  execFileSync('dovecot', ['--version'], { encoding: 'utf8' }).startsWith('2.3');

/** What is different in version 2.3, which Debian 12 has. */
const dovecot23 = (cert, key) => [
  `ssl_cert = <${cert}`,
  `ssl_key = <${key}`,
  'passdb {\n  driver = static\n  args = password=secret\n}',
  'userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=/nonexistent\n}',
];

/** And in 2.4, which Debian 13 has. */
const dovecot24 = (cert, key) => [
  // It must be the first setting.
  'dovecot_config_version = 2.4.0',
  'dovecot_storage_version = 2.4.0',
  `ssl_server_cert_file = ${cert}`,
  `ssl_server_key_file = ${key}`,
  'mail_uid = nobody',
  'mail_gid = nogroup',
  'passdb static {\n  password = secret\n}',
  'userdb static {\n}',
];

const clearDovecot23 = (dir) => [
  'disable_plaintext_auth = no',
  'mail_location = maildir:~/Maildir',
  'passdb {\n  driver = static\n  args = password=secret\n}',
  `userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=${dir}/home/%u\n}`,
];

const clearDovecot24 = (dir) => [
  'dovecot_config_version = 2.4.0',
  'dovecot_storage_version = 2.4.0',
  'auth_allow_cleartext = yes',
  'mail_uid = nobody',
  'mail_gid = nogroup',
  `mail_home = ${dir}/home/%{user}`,
  'mail_driver = maildir',
  'mail_path = ~/Maildir',
  'passdb static {\n  password = secret\n}',
  'userdb static {\n}',
];

/** It has the file hello.txt, and anna (password secret) may upload others. */
function proftpd(...settings) {
  return ({ dir, cert, key, ports: [port] }) => ({
    owner: 'nobody',
    files: {
      'hello.txt': 'hello',
      users: `anna:$6$schannel$unUtn6OGmyKbaTWDyiarKVJCs7U6hqVE8e9wsuoaoo.RC.O.iFRff4Ccxlhoeix61xWqjZnuhodtFmYoQSlV3/:65534:65534::${dir}:/bin/false\n`,
      'proftpd.conf': [
        'DefaultAddress 127.0.0.1',
        'SocketBindTight on',
        'UseIPv6 off',
        `Port ${port}`,
        'User nobody',
        'Group nogroup',
        'WtmpLog off',
        'TransferLog none',
        `SystemLog ${dir}/log`,
        `PidFile ${dir}/pid`,
        `ScoreboardFile ${dir}/score`,
        'RequireValidShell off',
        'LoadModule mod_xfer.c',
        'LoadModule mod_ls.c',
        'LoadModule mod_tls.c',
        'TLSEngine on',
        'TLSRequired on',
        `TLSRSACertificateFile ${cert}`,
        `TLSRSACertificateKeyFile ${key}`,
        'AuthOrder mod_auth_file.c',
        `AuthUserFile ${dir}/users`,
        ...settings,
        '',
      ].join('\n'),
    },
    prepare: [['chmod', '640', `${dir}/users`]],
    command: ['/usr/sbin/proftpd', '-n', '-q', '-c', `${dir}/proftpd.conf`],
  });
}
