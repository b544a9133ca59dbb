/** An entry that Schannel writes into Windows' System event log. */
export interface EventEntry {
  /** Event id, e.g. 36887. */
  readonly id: number;
  /** A short name of ours; Windows has none, and its texts are localised. */
  readonly name: string;
  readonly meaning: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
  /** The entry names a TLS alert by number, which says what really happened. */
  readonly namesAlert: boolean;
}

type Row = readonly [id: number, name: string, meaning: string, remedy: string | null];

/** Ids and occasions: "Schannel Events" (Windows Server documentation). */
const ROWS: readonly Row[] = [
  [36864, 'package loaded', 'Schannel was loaded.', null],
  [
    36865,
    'module failed',
    'Schannel could not open a cryptographic module.',
    'Check that the provider named in the entry is installed, and repair Windows (sfc /scannow).',
  ],
  [36866, 'package failed', 'Schannel could not be loaded.', 'Repair Windows (sfc /scannow).'],
  [36867, 'creating credential', 'A program asks Schannel for a credential.', null],
  [
    36868,
    'key properties',
    'Schannel notes the private key of a credential: provider, its type, container and flags.',
    'Compare provider, container and the machine flag (0x20) with where the key should be.',
  ],
  [
    36869,
    'no private key',
    'The certificate of a credential is not linked to a private key.',
    'Import the certificate together with its key, or repair the link (certutil -repairstore).',
  ],
  [
    36870,
    'key access failed',
    'The private key of a credential could not be used. The entry has the status of the key provider, 0x8009030d where the account may not read the key.',
    'Grant the account of the service read access to the private key (certlm.msc, Manage Private Keys), and check that the key container still exists.',
  ],
  [
    36871,
    'credential failed',
    'A credential could not be made. The entry has an internal state; 10013 is the usual one where policy leaves no protocol version that the program asks for.',
    'Compare the versions that the program allows with those enabled for Schannel in the registry (SCHANNEL\\Protocols), and look at the FIPS policy.',
  ],
  [
    36872,
    'chain not found',
    'The chain of a certificate could not be built; older versions of Windows mean that there is no default server certificate.',
    'Install the intermediate certificates in the store CA of the account or machine.',
  ],
  [
    36873,
    'no cipher suite to offer',
    'No cipher suite is enabled that could be offered.',
    'Check the suites of this machine (Get-TlsCipherSuite) and the policy "SSL Cipher Suite Order".',
  ],
  [
    36874,
    'no common cipher suite',
    'A client connected that supports none of the cipher suites enabled on this server; the suites of a server depend on the type of its key, too.',
    'Compare the suites of both sides (Get-TlsCipherSuite), and check whether the certificate has an RSA or an EC key.',
  ],
  [
    36875,
    'no client certificate',
    'The server asked for a client certificate and none suits; the client goes on without.',
    'Give a client certificate whose issuer is in the list that the server sends.',
  ],
  [
    36876,
    'server certificate invalid',
    "The server's certificate failed validation. The entry has the status.",
    'Look up the status of the entry.',
  ],
  [
    36877,
    'client certificate invalid',
    "The client's certificate failed validation. The entry has the status.",
    'Look up the status of the entry.',
  ],
  [
    36878,
    'client certificate not mappable',
    "The client's certificate cannot stand for a Windows account by itself: it names no user principal.",
    'Issue it with a UPN, or map it to an account by hand.',
  ],
  [
    36879,
    'client certificate not mapped',
    "No Windows account was found for the client's certificate. The entry has the status.",
    'Check the mapping of the certificate in Active Directory or IIS.',
  ],
  [36880, 'handshake done', 'A TLS handshake was completed. The entry has version and cipher suite.', null],
  [
    36881,
    'server certificate expired',
    "The server's certificate has expired or is not valid yet.",
    'Renew the certificate and check the clocks.',
  ],
  [
    36882,
    'issuer not trusted',
    "The server's certificate was issued by an authority that is not trusted.",
    'Install the root in the Windows store "Trusted Root Certification Authorities", and let the server send its intermediates.',
  ],
  [36883, 'server certificate revoked', "The server's certificate was revoked.", 'Replace the certificate.'],
  [
    36884,
    'name mismatch',
    "The server's certificate is not for the name that was asked for.",
    'Use a name that the certificate lists.',
  ],
  [
    36885,
    'issuer list too long',
    'The list of trusted authorities that the server sends to clients was cut, because there are too many.',
    'Remove what does not belong there from the trusted roots, or set SendTrustedIssuerList to 0.',
  ],
  [
    36886,
    'no default credential',
    'This machine has no certificate that could serve as the default of servers, such as LDAP on a domain controller.',
    'Nothing, unless a program relies on it: those with a certificate of their own do not.',
  ],
  [
    36887,
    'alert received',
    'The peer ended the connection with a fatal TLS alert. The entry has the number of the alert.',
    'Look up the number of the alert, and the log of the peer.',
  ],
  [
    36888,
    'alert sent',
    'Schannel ended the connection with a fatal TLS alert. The entry has the number of the alert and an internal state that is documented nowhere.',
    'Look up the number of the alert; port scanners and plain HTTP on a TLS port leave such entries as well.',
  ],
];

const NAMING_ALERTS: ReadonlySet<number> = new Set([36887, 36888]);

/** Every event the library knows, by id. */
export const EVENT_TABLE: readonly EventEntry[] = Object.freeze(
  ROWS.map(([id, name, meaning, remedy]) =>
    Object.freeze({ id, name, meaning, remedy, namesAlert: NAMING_ALERTS.has(id) }),
  ),
);

const byId = new Map(EVENT_TABLE.map((entry) => [entry.id, entry]));

/** The entry of an event id of the source Schannel; null when unknown. */
export const describeEvent = (id: number): EventEntry | null => byId.get(id) ?? null;
