/**
 * main.cf: delivery of one domain, into one Maildir or to a port that speaks LMTP, and nothing else. postconf(5)
 * explains each name.
 */
export function mainCf({ domain, host, folder, config, queue, data, mail, owner, lmtp }) {
  return lines({
    compatibility_level: '3.6',
    config_directory: config,
    queue_directory: queue,
    data_directory: data,
    maillog_file: `${folder}/log`,
    maillog_file_prefixes: folder,
    myhostname: host,
    mydestination: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks_style: 'host',
    // No look-ups: the test machine has no names for loopback, and waiting for them takes seconds.
    smtpd_peername_lookup: 'no',
    smtp_dns_support_level: 'disabled',
    smtpd_relay_restrictions: 'reject_unauth_destination',
    // Messages must be stored unchanged. By default, Postfix completes the headers of local clients.
    local_header_rewrite_clients: '',
    message_size_limit: '20971520',
    virtual_mailbox_domains: domain,
    virtual_mailbox_base: mail,
    virtual_mailbox_maps: 'static:inbox/',
    virtual_uid_maps: `static:${owner}`,
    virtual_gid_maps: `static:${owner}`,
    virtual_transport: lmtp === undefined ? 'virtual' : `lmtp:inet:127.0.0.1:${lmtp}`,
    alias_maps: '',
    smtpd_tls_security_level: 'may',
    smtpd_tls_loglevel: '1',
    // "Received: … (using TLSv1.3 with cipher …)" in what is stored.
    smtpd_tls_received_header: 'yes',
  });
}

/**
 * master.cf: one smtpd for each service, with its certificate or without TLS, and the services they need. Nothing runs
 * in a chroot.
 */
export function masterCf(services) {
  const table = [
    // service type private unprivileged chroot wakeup processes command
    'postlog unix-dgram n - n - 1 postlogd',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'anvil unix - - n - 1 anvil',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'proxymap unix - - n - - proxymap',
    'virtual unix - n n - - virtual',
    'lmtp unix - - n - - lmtp',
  ];
  const listeners = services.map(({ port, file, implicit }) =>
    [
      `127.0.0.1:${port} inet n - n - - smtpd`,
      `  -o ${file === null ? 'smtpd_tls_security_level=none' : `smtpd_tls_chain_files=${file}`}`,
      ...(implicit ? ['  -o smtpd_tls_wrappermode=yes'] : []),
    ].join('\n'),
  );
  return `${[...table, ...listeners].join('\n')}\n`;
}

const lines = (settings) =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
