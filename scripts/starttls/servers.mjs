/**
 * Real servers with STARTTLS, each on loopback only, with everything it keeps in one folder, and without systemd. A
 * server has files, commands that prepare it, and the one that runs it in the foreground.
 *
 * @typedef {{ dir: string, cert: string, key: string, ports: readonly string[] }} Place files and free ports
 * @typedef {object} Setup
 * @property {Record<string, string>} [files] by name, below `dir`
 * @property {string} [owner] the account that the folder and the key belong to
 * @property {readonly (readonly string[])[]} [prepare] commands
 * @property {readonly string[]} command
 * @type {Record<string, (place: Place) => Setup>}
 */
export const SERVERS = {
  /** Ports: IMAP, POP3, ManageSieve. */
  dovecot: ({ dir, cert, key, ports: [imap, pop3, sieve] }) => {
    const listener = (service, name, port) =>
      `service ${service} {\n  inet_listener ${name} {\n    port = ${port}\n  }\n}\n`;
    const off = (service, name) => listener(service, name, 0);
    return {
      files: {
        'dovecot.conf': [
          `base_dir = ${dir}/run`,
          `state_dir = ${dir}/state`,
          'log_path = /dev/stderr',
          'protocols = imap pop3 sieve',
          'listen = 127.0.0.1',
          'ssl = required',
          `ssl_cert = <${cert}`,
          `ssl_key = <${key}`,
          'auth_mechanisms = plain',
          'passdb {\n  driver = static\n  args = password=secret\n}',
          'userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=/nonexistent\n}',
          listener('imap-login', 'imap', imap),
          off('imap-login', 'imaps'),
          listener('pop3-login', 'pop3', pop3),
          off('pop3-login', 'pop3s'),
          listener('managesieve-login', 'sieve', sieve),
        ].join('\n'),
      },
      command: ['/usr/sbin/dovecot', '-F', '-c', `${dir}/dovecot.conf`],
    };
  },

  proftpd: ({ dir, cert, key, ports: [port] }) => ({
    files: {
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
        'LoadModule mod_tls.c',
        'TLSEngine on',
        'TLSRequired on',
        `TLSRSACertificateFile ${cert}`,
        `TLSRSACertificateKeyFile ${key}`,
        '',
      ].join('\n'),
    },
    command: ['/usr/sbin/proftpd', '-n', '-q', '-c', `${dir}/proftpd.conf`],
  }),
};
