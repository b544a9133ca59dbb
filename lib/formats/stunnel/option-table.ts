/** Where an option may stand: before the first section, in a section (or before the first as its default), or both. */
export type OptionScope = 'global' | 'service' | 'both';

/**
 * 'honoured': it does here what it does in stunnel. 'mapped': Windows has its own way to the same end. 'notice': it has
 * no effect, which is said at the start. 'refused': the start fails.
 */
export type OptionTreatment = 'honoured' | 'mapped' | 'notice' | 'refused';

/** How a value is written: 'seconds' is a whole number, and 'flag' is yes or no. */
export type OptionValue = 'text' | 'flag' | 'seconds' | 'number' | readonly string[];

/** What this project makes of one option of stunnel. */
export interface StunnelOption {
  /** As stunnel spells it. */
  readonly name: string;
  readonly scope: OptionScope;
  readonly treatment: OptionTreatment;
  readonly value: OptionValue;
  /** It may be given several times, and each counts. Of the others the last one counts. */
  readonly many: boolean;
  /** Values of a refused option that ask for nothing, and are accepted. In lower case. */
  readonly harmless: readonly string[];
  /** Its value is a password: it is never shown. */
  readonly secret: boolean;
  /** What it does here, or why it does nothing or is refused: a sentence without its full stop. */
  readonly meaning: string;
  /** For refused options: what to do instead, as a sentence. Empty for others. */
  readonly instead: string;
}

type Traits = Partial<Pick<StunnelOption, 'value' | 'many' | 'harmless' | 'secret' | 'scope'>>;

const entry =
  (treatment: OptionTreatment) =>
  (name: string, meaning: string, traits: Traits = {}, instead = ''): StunnelOption => ({
    name,
    scope: 'service',
    treatment,
    value: 'text',
    many: false,
    harmless: [],
    secret: false,
    meaning,
    instead,
    ...traits,
  });

const honoured = entry('honoured');
const mapped = entry('mapped');
const notice = entry('notice');
const refused = (name: string, meaning: string, instead: string, traits: Traits = {}): StunnelOption =>
  entry('refused')(name, meaning, traits, instead);

const FLAG: Traits = { value: 'flag' };
const SECONDS: Traits = { value: 'seconds' };
const GLOBAL: Traits = { scope: 'global' };
const MANY: Traits = { many: true };
const VERSIONS = ['all', 'sslv2', 'sslv3', 'tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'];

const TICKETS = 'Windows makes and keeps the keys of session tickets';
const NO_PSK = 'Windows has no pre-shared keys for TLS';
const FOR_STUNNELS_OPENSSL = 'Random numbers come from Windows';
const OF_TRAY = 'There is no tray icon';
const OF_ACCOUNT = 'The account of the Windows service decides';
const OF_ENGINE = 'Certificates come from the Windows store: see "cert"';

/**
 * Every option of stunnel. This is the one place to add or to change one: the reader takes names and places from it,
 * and scripts/draw-tunnel.mjs makes the tables of docs/tunnel.md from it.
 */
const OPTIONS: readonly StunnelOption[] = [
  honoured(
    'accept',
    'Where it listens: `[host:]port`. Without a host, on all IPv4 addresses. Of several lines, one that can be listened on is enough',
    MANY,
  ),
  honoured('connect', 'The target, `[host:]port`. Several lines are several targets', MANY),
  honoured(
    'exec',
    'Instead of `connect`: a program, whose standard input and output are the connection. Only with `--allow-exec`, or `allowPrograms`',
  ),
  honoured('execArgs', 'Its own name and its arguments, with spaces between them and no quotation marks'),
  honoured('setEnv', 'A variable of the program, `NAME=value`. Nothing else gets it', {
    many: true,
    scope: 'both',
  }),
  honoured('client', '`yes`: TLS on the way out; `no` (default): TLS on the way in', FLAG),
  honoured('include', 'Reads all files of a folder, by name. Folders may be nested 8 deep', {
    scope: 'both',
  }),
  honoured(
    'cert',
    'A file with the certificate and its chain (PEM, or PKCS#12), or a certificate of the Windows store: `LocalMachine\\MY\\<thumbprint or name>`, or a URI `cng:`',
    MANY,
  ),
  honoured('key', 'The PEM file with the key; default the file of `cert`'),
  honoured('CAfile', 'A PEM file. Its certificates are the only ones that are trusted'),
  honoured('CApath', 'A folder of PEM or DER files, used as `CAfile`'),
  honoured('CRLfile', 'A PEM file with revocation lists. They must cover every issuer'),
  honoured('CRLpath', 'A folder of revocation lists, used as `CRLfile`'),
  honoured(
    'verify',
    '`0`: nothing; `2`: the chain; `3`: the chain, and a certificate of `CAfile`; `4`: a certificate of `CAfile`. `1` is `2` in client sections; in others, clients may come without a certificate',
    { value: ['0', '1', '2', '3', '4'] },
  ),
  honoured(
    'verifyChain',
    '`yes`: the chain must end at `CAfile`, or without one at what Windows trusts. `no`: nothing is verified. Without this option, **clients verify** here',
    FLAG,
  ),
  honoured('verifyPeer', '`yes`: the peer must have a certificate that is in `CAfile`', FLAG),
  honoured('requireCert', '`yes`: clients must have a certificate', FLAG),
  honoured('checkHost', 'A name that the certificate must have. Of several, one is enough', MANY),
  honoured('checkIP', 'An IP address that the certificate must have', MANY),
  honoured('checkEmail', 'An e-mail address that the certificate must have', MANY),
  honoured(
    'sni',
    'In client sections, the name to ask for. In others, `SECTION:pattern`: this section serves the names of the other one that match; `*.` stands for one part of a name',
    MANY,
  ),
  honoured(
    'protocol',
    'In client sections `smtp`, `imap`, `pop3`, `nntp`, `ldap` and `pgsql`; in others `smtp`, `imap`, `pop3` and `pgsql`. All others are refused',
    {},
  ),
  honoured('protocolHost', 'With `protocol = connect`, the target: `connect` is the proxy then'),
  honoured('protocolUsername', 'With `protocol = connect`, the user at the proxy. In others it is refused'),
  honoured('protocolPassword', 'With `protocol = connect`, the password at the proxy', { secret: true }),
  honoured(
    'failover',
    '`prio` (default): targets in their order; `rr`: each connection begins with the next',
    {
      value: ['rr', 'prio'],
    },
  ),
  honoured('delay', 'Names are always looked up when a connection comes, so both values do the same', FLAG),
  honoured('local', 'The source address of connections to the target'),
  honoured('redirect', 'In server sections, where clients without an acceptable certificate go', MANY),
  honoured('reset', '`yes` (default): after an error, the connection is reset', FLAG),
  honoured('TIMEOUTconnect', 'Seconds for each target; default 10', SECONDS),
  honoured('TIMEOUTbusy', 'Seconds for data that must come, and for the handshake; default 300', SECONDS),
  honoured('TIMEOUTclose', 'Seconds for the other direction after one has ended; default 60', SECONDS),
  honoured('TIMEOUTidle', 'Seconds without data; default 43,200', SECONDS),
  honoured('TIMEOUTocsp', 'Seconds that a check for revocation may take; default 15', SECONDS),
  honoured('sslVersion', 'The one version, or `all`. SSLv2 and SSLv3 are refused', { value: VERSIONS }),
  honoured('sslVersionMin', 'The lowest version. `all` and `TLSv1` leave it to Windows', { value: VERSIONS }),
  honoured('sslVersionMax', 'The highest version. `all` leaves it to Windows', { value: VERSIONS }),
  honoured(
    'options',
    '`NO_TLSv1`, `NO_TLSv1.1`, `NO_TLSv1.2` and `NO_TLSv1.3` remove versions. What Windows does anyway is accepted. Others are refused',
    { many: true, scope: 'both' },
  ),
  honoured(
    'socket',
    '`TCP_NODELAY=1` is how it works anyway. Keep-alive, `SO_LINGER` and `SO_REUSEADDR` have no effect. Others are refused',
    { many: true, scope: 'both' },
  ),
  honoured(
    'debug',
    'How much is logged, `0` to `7` or a name. Facilities have no effect, and neither has the option in a section',
    {
      scope: 'both',
    },
  ),
  honoured(
    'output',
    'The log file. It is made again after it was renamed; `/dev/stdout` and `/dev/stderr` are no files',
    GLOBAL,
  ),
  honoured('log', '`append` (default) or `overwrite` the log file', {
    scope: 'global',
    value: ['append', 'overwrite'],
  }),
  honoured('service', 'The name in the log. In a section it has no effect', { scope: 'both' }),

  mapped(
    'ciphers',
    'Suites by name are honoured: a connection with another one is refused. Groups such as `HIGH` are refused',
  ),
  mapped('ciphersuites', 'Suites of TLS 1.3 by name, as `ciphers`'),
  mapped('config', '`MinProtocol` and `MaxProtocol` are versions. Others are refused', MANY),
  mapped('OCSPaia', '`yes`: Windows checks for revocation, by OCSP or lists', FLAG),
  mapped('OCSPrequire', '`no`: with `OCSPaia`, a peer passes if its status is unknown', FLAG),
  mapped('CRLcheckChain', 'Every certificate of a chain is always checked', FLAG),
  mapped('engine', '`capi` and `cng`: the certificate comes from the Windows store. Others are refused', {
    scope: 'both',
  }),
  mapped('engineId', 'As `engine`: without `cert`, a suitable certificate of the store'),
  mapped('engineNum', 'As `engineId`, with the first engine of the file', { value: 'number' }),
  mapped(
    'engineCtrl',
    '`store_name`, and `store_flags` (`0`: of the user, `1`: of the machine), say which store. Others have no effect',
    { many: true, scope: 'both' },
  ),
  mapped(
    'provider',
    '`cng`: as `engine`. `default`, `base` and `legacy` have no effect. Others are refused',
    {
      many: true,
      scope: 'both',
    },
  ),
  mapped('CAstore', '`org.openssl.winstore://`: what Windows trusts. Others are refused'),
  mapped('sessionCacheTimeout', 'Seconds that a session may be resumed; default ten hours', SECONDS),
  mapped('curves', 'The default of stunnel is accepted. Others are refused, because Windows decides'),
  mapped(
    'securityLevel',
    '`0` to `2`: Windows refuses weak certificates by its policy. Higher levels are refused',
    {
      value: ['0', '1', '2', '3', '4', '5'],
    },
  ),

  notice('OCSPnonce', 'Windows decides whether it sends one', FLAG),
  notice('sessionCacheSize', 'The cache is that of Windows, for all programs', { value: 'number' }),
  notice('sessionResume', 'Windows decides which sessions it resumes', FLAG),
  notice('providerParameter', OF_ENGINE, { many: true, scope: 'both' }),
  notice('setuid', OF_ACCOUNT, { scope: 'both' }),
  notice('setgid', OF_ACCOUNT, { scope: 'both' }),
  notice('chroot', OF_ACCOUNT, GLOBAL),
  notice('syslog', 'There is no syslog', { scope: 'global', value: 'flag' }),
  notice('foreground', 'The command line decides', GLOBAL),
  notice('pid', 'No file with the number of the process is written', GLOBAL),
  notice('logId', 'Each connection has a number in the log', {
    value: ['sequential', 'unique', 'thread', 'process'],
  }),
  notice('EGD', FOR_STUNNELS_OPENSSL, GLOBAL),
  notice('RNDbytes', FOR_STUNNELS_OPENSSL, { scope: 'global', value: 'number' }),
  notice('RNDfile', FOR_STUNNELS_OPENSSL, GLOBAL),
  notice('RNDoverwrite', FOR_STUNNELS_OPENSSL, { scope: 'global', value: 'flag' }),
  notice('iconActive', OF_TRAY, GLOBAL),
  notice('iconError', OF_TRAY, GLOBAL),
  notice('iconIdle', OF_TRAY, GLOBAL),
  notice('taskbar', OF_TRAY, { scope: 'global', value: 'flag' }),
  notice('stack', 'There are no threads that need one', { value: 'number' }),

  refused('PSKidentity', NO_PSK, 'Use certificates.'),
  refused('PSKsecrets', NO_PSK, 'Use certificates.'),
  refused(
    'ticketKeySecret',
    TICKETS,
    'Leave it out: clients that come to another machine make a new session.',
    {
      secret: true,
    },
  ),
  refused(
    'ticketMacSecret',
    TICKETS,
    'Leave it out: clients that come to another machine make a new session.',
    {
      secret: true,
    },
  ),
  refused(
    'sessiond',
    "Sessions are kept by Windows, and can't be shared with other machines",
    'Leave it out.',
  ),
  refused('compression', 'TLS is not compressed any more, because that gives secrets away', 'Leave it out.', {
    scope: 'global',
    harmless: ['none'],
  }),
  refused('engineDefault', 'Windows has no engines', 'Use "cert" with a certificate of the Windows store.', {
    scope: 'both',
  }),
  refused(
    'fips',
    'Windows decides it for the whole machine',
    'Turn the policy on ("System cryptography: Use FIPS compliant algorithms"), and leave this option out.',
    { scope: 'global', value: 'flag', harmless: ['no'] },
  ),
  refused('transparent', 'Windows has no transparent sockets', 'Leave it out.', { harmless: ['none', 'no'] }),
  refused(
    'pty',
    'Programs of a tunnel have no terminal',
    'Leave it out: the connection is the standard input and output of the program.',
    { value: 'flag', harmless: ['no'] },
  ),
  refused(
    'retry',
    'A tunnel starts programs for connections only',
    'Give the section "accept", and run the program so that it connects there.',
    { harmless: ['no'] },
  ),
  refused('ident', 'Windows has no service that says whose a connection is', 'Leave it out.'),
  refused('libwrap', 'Windows has no TCP wrappers', 'Use a rule of the Windows firewall.', {
    value: 'flag',
    harmless: ['no'],
  }),
  refused(
    'renegotiation',
    'Windows has no switch for a single connection',
    'Use "sslVersionMin = TLSv1.3", which has no renegotiation.',
    {
      value: 'flag',
      harmless: ['yes'],
    },
  ),
  refused(
    'OCSP',
    'Windows asks the responder that the certificate names',
    'Use "OCSPaia = yes"; "certutil" can add an address to the certificate of an authority.',
  ),
  refused('OCSPflag', 'Windows has no such flags', 'Use "OCSPaia = yes".', MANY),
  refused('transport', 'A tunnel is TLS over TCP', 'Leave it out.', { harmless: ['tls', 'tcp'] }),
  refused('protocolHeader', 'A proxy gets no other headers', 'Leave it out.', { many: true, secret: true }),
  refused('protocolDomain', 'A tunnel does not sign in', 'Let the program behind it sign in.'),
  refused('protocolAuthentication', 'A tunnel does not sign in', 'Let the program behind it sign in.', {
    harmless: ['basic', 'plain'],
  }),
];

/** All options, in the order of the documentation. By name, and by name in lower case through {@link optionOf}. */
export const STUNNEL_OPTIONS: Readonly<Record<string, StunnelOption>> = Object.fromEntries(
  OPTIONS.map((option) => [option.name, option]),
);

const BY_LOWER_CASE: ReadonlyMap<string, StunnelOption> = new Map(
  OPTIONS.map((option) => [option.name.toLowerCase(), option]),
);

/** The option of this name, in any case; null if stunnel has none. */
export const optionOf = (name: string): StunnelOption | null => BY_LOWER_CASE.get(name.toLowerCase()) ?? null;
