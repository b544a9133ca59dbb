import { existsSync, readdirSync } from 'node:fs';
import { isDovecot23, listener } from '../starttls/servers.mjs';

/**
 * Real servers that let nobody in who shows no certificate of `ca`; where they have accounts, it is that of anna. Each
 * is on loopback only, without systemd, and keeps everything in one folder.
 * @typedef {{ dir: string, cert: string, key: string, ca: string, ports: readonly string[] }} Place files and free ports
 * @type {Record<string, (place: Place) => import('../peers/run-server.mjs').Setup>}
 */
export const SERVERS = {
  /** Ports: MQTT, and MQTT over WebSockets. The name of a client is the common name of its certificate. */
  mosquitto: ({ dir, cert, key, ca, ports: [mqtt, webSockets] }) => ({
    files: {
      'mosquitto.conf': [
        'per_listener_settings true',
        'user root',
        'persistence false',
        ...[mqtt, webSockets].flatMap((port, at) => [
          `listener ${port} 127.0.0.1`,
          ...(at === 1 ? ['protocol websockets'] : []),
          `cafile ${ca}`,
          `certfile ${cert}`,
          `keyfile ${key}`,
          'require_certificate true',
          'use_identity_as_username true',
          `acl_file ${dir}/acl`,
        ]),
        '',
      ].join('\n'),
      acl: 'user anna\ntopic readwrite home/#\n',
    },
    command: ['/usr/sbin/mosquitto', '-c', `${dir}/mosquitto.conf`],
  }),

  /** Ports: LDAPS, and LDAP with StartTLS. */
  slapd: ({ dir, cert, key, ca, ports: [ldaps, ldap] }) => ({
    files: {
      'slapd.conf': [
        'include /etc/ldap/schema/core.schema',
        'modulepath /usr/lib/ldap',
        'moduleload back_mdb',
        `pidfile ${dir}/pid`,
        `TLSCertificateFile ${cert}`,
        `TLSCertificateKeyFile ${key}`,
        `TLSCACertificateFile ${ca}`,
        'TLSVerifyClient demand',
        'security ssf=1',
        'database mdb',
        'suffix "dc=example"',
        `directory ${dir}`,
        '',
      ].join('\n'),
    },
    command: [
      '/usr/sbin/slapd',
      ...['-f', `${dir}/slapd.conf`, '-d', '0'],
      ...['-h', `ldaps://127.0.0.1:${ldaps} ldap://127.0.0.1:${ldap}`],
    ],
  }),

  /** Ports: IMAP with TLS, IMAP with STARTTLS, POP3 with TLS. */
  dovecot: ({ dir, cert, key, ca, ports: [imaps, imap, pop3s] }) => ({
    files: {
      'dovecot.conf': [
        ...(isDovecot23() ? dovecot23(dir, cert, key, ca) : dovecot24(dir, cert, key, ca)),
        `base_dir = ${dir}/run`,
        `state_dir = ${dir}/state`,
        'log_path = /dev/stderr',
        'protocols = imap pop3',
        'listen = 127.0.0.1',
        'ssl = required',
        'auth_mechanisms = plain',
        'auth_ssl_require_client_cert = yes',
        `service imap-login {\n  inet_listener imaps {\n    port = ${imaps}\n    ssl = yes\n  }\n}\n`,
        listener('imap-login', 'imap', imap),
        `service pop3-login {\n  inet_listener pop3s {\n    port = ${pop3s}\n    ssl = yes\n  }\n}\n`,
        listener('pop3-login', 'pop3', 0),
      ].join('\n'),
    },
    prepare: [['install', '-d', '-o', 'nobody', '-g', 'nogroup', `${dir}/home`]],
    command: ['/usr/sbin/dovecot', '-F', '-c', `${dir}/dovecot.conf`],
  }),

  /** Anna (password secret) may keep files there. */
  proftpd: ({ dir, cert, key, ca, ports: [port] }) => ({
    owner: 'nobody',
    files: {
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
        'TLSVerifyClient on',
        'TLSOptions NoSessionReuseRequired',
        `TLSRSACertificateFile ${cert}`,
        `TLSRSACertificateKeyFile ${key}`,
        `TLSCACertificateFile ${ca}`,
        'AuthOrder mod_auth_file.c',
        `AuthUserFile ${dir}/users`,
        '',
      ].join('\n'),
    },
    prepare: [['chmod', '640', `${dir}/users`]],
    command: ['/usr/sbin/proftpd', '-n', '-q', '-c', `${dir}/proftpd.conf`],
  }),

  /** A user has the name in the certificate. It refuses to run as root, and its key must be its own. */
  postgresql: ({ dir, cert, key, ca, ports: [port] }) => {
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
      ssl_ca_file: ca,
      fsync: 'off',
      hba_file: `${dir}/pg_hba.conf`,
    };
    return {
      owner: 'postgres',
      files: { 'pg_hba.conf': 'hostssl all all 127.0.0.1/32 cert\n' },
      ready: 'ready to accept connections',
      prepare: [[...asPostgres, `${bin}/initdb`, '--no-sync', '-D', data, '-A', 'trust', '-U', 'anna']],
      command: [
        ...asPostgres,
        ...[`${bin}/postgres`, '-D', data],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
    };
  },

  /** The account anna (password secret) needs a certificate of this subject. */
  mariadb: ({ dir, cert, key, ca, ports: [port] }) => ({
    owner: 'nobody',
    files: {
      'anna.sql': `replace into global_priv values ('%', 'anna', '${JSON.stringify(ANNA_OF_MARIADB)}');\n`,
    },
    prepare: [
      ['runuser', '-u', 'nobody', '--', 'mkdir', '-p', `${dir}/data/mysql`],
      [
        'sh',
        '-c',
        `(echo 'use mysql;'; cat ${tablesOfMariadb()} ${dir}/anna.sql) | runuser -u nobody -- ` +
          `/usr/sbin/mariadbd --no-defaults --bootstrap --skip-grant-tables --datadir=${dir}/data`,
      ],
    ],
    command: [
      '/usr/sbin/mariadbd',
      '--no-defaults',
      '--user=nobody',
      '--skip-name-resolve',
      `--datadir=${dir}/data`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${dir}/socket`,
      `--pid-file=${dir}/pid`,
      `--ssl-cert=${cert}`,
      `--ssl-key=${key}`,
      `--ssl-ca=${ca}`,
    ],
  }),

  redis: ({ dir, cert, key, ca, ports: [port] }) => ({
    command: [
      'redis-server',
      ...['--port', '0', '--tls-port', port, '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
      ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
      ...['--tls-auth-clients', 'yes'],
    ],
  }),

  /**
   * A user has the subject of its certificate. By default nats-server gives a client two seconds for TLS, and a busy
   * machine takes longer.
   */
  nats: ({ dir, cert, key, ca, ports: [port] }) => ({
    files: {
      'nats.conf': [
        `listen: "127.0.0.1:${port}"`,
        `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}", verify_and_map: true, timeout: 100 }`,
        'authorization { users: [{ user: "CN=anna" }] }',
        '',
      ].join('\n'),
    },
    command: ['nats-server', '-c', `${dir}/nats.conf`],
  }),

  /** Ports: AMQP (0-9-1 and 1.0), STOMP, and two of Erlang's. Its only user is anna, known by the certificate. */
  rabbitmq: ({ dir, cert, key, ca, ports: [amqp, stomp, epmd, nodes] }) => ({
    files: {
      'rabbitmq.conf': [
        'listeners.tcp = none',
        `listeners.ssl.default = 127.0.0.1:${amqp}`,
        ...['cacertfile', 'certfile', 'keyfile'].map(
          (name, at) => `ssl_options.${name} = ${[ca, cert, key][at]}`,
        ),
        'ssl_options.verify = verify_peer',
        'ssl_options.fail_if_no_peer_cert = true',
        'ssl_cert_login_from = common_name',
        'auth_mechanisms.1 = EXTERNAL',
        'default_user = anna',
        'default_pass = secret',
        // rhea signs in by its certificate only if that is PEM.
        'amqp1_0.default_user = anna',
        'default_permissions.configure = .*',
        'default_permissions.read = .*',
        'default_permissions.write = .*',
        'stomp.listeners.tcp = none',
        `stomp.listeners.ssl.default = 127.0.0.1:${stomp}`,
        'stomp.ssl_cert_login = true',
        'log.console = true',
        'log.console.level = warning',
        'log.file = false',
        '',
      ].join('\n'),
      enabled_plugins: '[rabbitmq_auth_mechanism_ssl, rabbitmq_stomp, rabbitmq_amqp1_0].\n',
    },
    env: {
      HOME: dir,
      ERL_EPMD_PORT: epmd,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_INETRC: '',
      RABBITMQ_DIST_PORT: nodes,
      RABBITMQ_NODENAME: `schannel${amqp}@localhost`,
      RABBITMQ_CONFIG_FILE: `${dir}/rabbitmq.conf`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${dir}/enabled_plugins`,
      RABBITMQ_MNESIA_BASE: `${dir}/mnesia`,
      RABBITMQ_LOG_BASE: `${dir}/log`,
      RABBITMQ_PID_FILE: `${dir}/pid`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    },
    // Erlang would start epmd itself, as a daemon, which would outlive this process.
    command: [
      'sh',
      '-c',
      `epmd -port ${epmd} > ${dir}/epmd.log 2>&1 & /usr/lib/rabbitmq/bin/rabbitmq-server; kill $!`,
    ],
  }),

  /** For clients, with STARTTLS. It asks for no certificate. Account anna, password secret. */
  prosody: ({ dir, cert, key, ports: [port] }) => ({
    owner: 'prosody',
    files: {
      'localhost/accounts/anna.dat': 'return { ["password"] = "secret" };\n',
      'prosody.cfg.lua': [
        `pidfile = "${dir}/pid"`,
        `data_path = "${dir}"`,
        'interfaces = { "127.0.0.1" }',
        `c2s_ports = { ${port} }`,
        's2s_ports = {}',
        'http_ports = {}',
        'https_ports = {}',
        'modules_enabled = { "tls", "saslauth", "roster" }',
        'c2s_require_encryption = true',
        'authentication = "internal_plain"',
        'log = { warn = "*console" }',
        'VirtualHost "localhost"',
        `  ssl = { certificate = "${cert}", key = "${key}" }`,
        '',
      ].join('\n'),
    },
    command: ['runuser', '-u', 'prosody', '--', 'prosody', '-F', '--config', `${dir}/prosody.cfg.lua`],
  }),
};

/** Password "secret", and a certificate of this subject. */
const ANNA_OF_MARIADB = {
  access: 1,
  plugin: 'mysql_native_password',
  authentication_string: '*14E65567ABDB5135D0CFD9A70B3032C179A49EE7',
  ssl_type: 3,
  x509_subject: '/CN=anna',
};

/** Its folder and its name depend on the version. */
const tablesOfMariadb = () =>
  ['/usr/share/mysql', '/usr/share/mariadb']
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .find((file) => file.endsWith('_system_tables.sql'));

const dovecot23 = (dir, cert, key, ca) => [
  `ssl_cert = <${cert}`,
  `ssl_key = <${key}`,
  `ssl_ca = <${ca}`,
  'ssl_verify_client_cert = yes',
  'ssl_require_crl = no',
  'mail_location = maildir:~/Maildir',
  'passdb {\n  driver = static\n  args = password=secret\n}',
  `userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=${dir}/home/%u\n}`,
];

const dovecot24 = (dir, cert, key, ca) => [
  'dovecot_config_version = 2.4.0',
  'dovecot_storage_version = 2.4.0',
  `ssl_server_cert_file = ${cert}`,
  `ssl_server_key_file = ${key}`,
  `ssl_server_ca_file = ${ca}`,
  'ssl_server_request_client_cert = yes',
  'ssl_server_require_crl = no',
  'mail_uid = nobody',
  'mail_gid = nogroup',
  `mail_home = ${dir}/home/%{user}`,
  'mail_driver = maildir',
  'mail_path = ~/Maildir',
  'passdb static {\n  password = secret\n}',
  'userdb static {\n}',
];
