/** An entry that Schannel writes into Windows' System event log. */
export interface EventEntry {
  /** Event id, e.g. 36887. */
  readonly id: number;
  /** A short name of ours. Windows has none, and its texts are localised. */
  readonly name: string;
  readonly meaning: string;
  /** What to do about it; null if there is nothing to do. */
  readonly remedy: string | null;
  /** The entry has the number of a TLS alert, which says what happened. */
  readonly namesAlert: boolean;
}

type Row = readonly [id: number, name: string, meaning: string, remedy: string | null];

/** Numbers and causes: "Schannel Events" (Windows Server documentation). */
const ROWS: readonly Row[] = [
  [36864, 'package loaded', 'Schannel was loaded.', null],
  [
    36865,
    'module failed',
    'Schannel could not open a cryptographic module.',
    'Check that the provider named in the entry is installed, and repair Windows (sfc /scannow).',
  ],
  [36866, 'package failed', 'Schannel could not be loaded.', 'Repair Windows (sfc /scannow).'],
  [36867, 'creating credential', 'A program requests a credential from Schannel.', null],
  [
    36868,
    'key properties',
    'Schannel logs the private key of a credential: provider, type, container and flags.',
    'Compare provider, container and the machine flag (0x20) with where the key should be.',
  ],
  [
    36869,
    'no private key',
    'The certificate of a credential is not linked to a private key.',
    'Import the certificate together with its key, or repair the link: "schannel cert repair".',
  ],
  [
    36870,
    'key access failed',
    'The private key of a credential could not be used. The entry has the status of the key provider: 0x8009030d if the account may not read the key.',
    'Let the account of the service use the private key ("schannel cert grant", or certlm.msc, Manage Private Keys), and check that the key container still exists.',
  ],
  [
    36871,
    'credential failed',
    'A credential could not be created. The entry has an internal state. It is usually 10013 if policy disables every protocol version that the program allows.',
    'Compare the versions that the program allows with those enabled for Schannel in the registry (SCHANNEL\\Protocols), and check the FIPS policy.',
  ],
  [
    36872,
    'chain not found',
    'The chain of a certificate could not be built. On older versions of Windows, it means that there is no default server certificate.',
    'Install the intermediate certificates in the store CA of the account or machine.',
  ],
  [
    36873,
    'no cipher suite to offer',
    'No enabled cipher suite can be offered.',
    'Check the suites of this machine (Get-TlsCipherSuite) and the policy "SSL Cipher Suite Order".',
  ],
  [
    36874,
    'no common cipher suite',
    'A client supports none of the cipher suites that this server enables. The suites also depend on the type of the server key.',
    'Compare the suites of both sides (Get-TlsCipherSuite), and check whether the certificate has an RSA or an EC key.',
  ],
  [
    36875,
    'no client certificate',
    'The server requested a client certificate, but none is suitable. The client continues without one.',
    'Use a client certificate from an issuer in the list that the server sends.',
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
    "The client's certificate does not name a Windows account: it has no user principal name (UPN).",
    'Issue it with a UPN, or map it to an account manually.',
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
    "The server's certificate has expired or is not yet valid.",
    'Renew the certificate and check the clocks.',
  ],
  [
    36882,
    'issuer not trusted',
    "An authority that is not trusted issued the server's certificate.",
    'Install the root in the Windows store "Trusted Root Certification Authorities", and configure the server to send its intermediate certificates.',
  ],
  [36883, 'server certificate revoked', "The server's certificate was revoked.", 'Replace the certificate.'],
  [
    36884,
    'name mismatch',
    "The server's certificate does not match the requested name.",
    'Use a name in the certificate.',
  ],
  [
    36885,
    'issuer list too long',
    'The list of trusted authorities that the server sends to clients was truncated because it is too long.',
    'Remove unnecessary trusted roots, or set SendTrustedIssuerList to 0.',
  ],
  [
    36886,
    'no default credential',
    'This machine has no certificate that servers such as LDAP on a domain controller can use by default.',
    'Nothing, unless a program relies on it. Programs with their own certificate do not.',
  ],
  [
    36887,
    'alert received',
    'The peer closed the connection with a fatal TLS alert. The entry has the number of the alert.',
    'Look up the number of the alert, and see the log of the peer.',
  ],
  [
    36888,
    'alert sent',
    'Schannel closed the connection with a fatal TLS alert. The entry has the number of the alert and an undocumented internal state.',
    'Look up the number of the alert. Port scanners and plain HTTP on a TLS port also cause such entries.',
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
