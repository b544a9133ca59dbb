import { SCHANNEL_KEY } from './keys.js';

/** A DWORD with its default and what it does ("Transport Layer Security (TLS) registry settings"). */
export interface OtherValueEntry {
  readonly name: string;
  /** Below HKEY_LOCAL_MACHINE. */
  readonly key: string;
  /** What holds while the value is absent; null if Windows decides by the case. */
  readonly default: number | null;
  readonly meaning: string;
}

const exchange = (name: string): string => `${SCHANNEL_KEY}\\KeyExchangeAlgorithms\\${name}`;
const keyLength = (
  algorithm: string,
  name: string,
  least: number | null,
  meaning: string,
): OtherValueEntry => ({ name, key: exchange(algorithm), default: least, meaning });

export const OTHER_VALUES: readonly OtherValueEntry[] = [
  ...(
    [
      ['SendTrustedIssuerList', 0, 'whether servers send the names of the authorities that they accept'],
      ['ClientCacheTime', 36_000_000, 'milliseconds that a client can resume a session; 0 for never'],
      ['ServerCacheTime', 36_000_000, 'milliseconds that a server can resume a session; 0 for never'],
      ['MaximumCacheSize', 20_000, 'sessions that servers keep; 0 for none'],
      ['IssuerCacheSize', 100, 'issuers that are kept to map certificates to accounts'],
      ['IssuerCacheTime', 600_000, 'milliseconds that such an issuer is kept'],
      ['CertificateMappingMethods', null, 'bits of the ways to map certificates to accounts'],
      ['EnableOcspStaplingForSni', 0, 'whether http.sys staples OCSP responses for names'],
      ['UseScsvForTls', null, 'whether clients say by a cipher suite that they renegotiate safely'],
      ['AllowInsecureRenegoClients', null, 'whether servers let clients renegotiate in the unsafe way'],
      ['AllowInsecureRenegoServers', null, 'whether clients let servers renegotiate in the unsafe way'],
      ['DisableRenegoOnClient', null, 'whether clients refuse to renegotiate'],
      ['DisableRenegoOnServer', null, 'whether servers refuse to renegotiate'],
    ] as const
  ).map(([name, value, meaning]) => ({ name, key: SCHANNEL_KEY, default: value, meaning })),
  ...(
    [
      ['MessageLimitClient', 0x8000, 'bytes of a handshake message that a client takes'],
      [
        'MessageLimitServer',
        0x4000,
        'bytes of a handshake message that a server takes without client certificates',
      ],
      ['MessageLimitServerClientAuth', 0x8000, 'bytes of a handshake message that a server takes with them'],
    ] as const
  ).map(([name, value, meaning]) => ({
    name,
    key: `${SCHANNEL_KEY}\\Messaging`,
    default: value,
    meaning,
  })),
  keyLength(
    'Diffie-Hellman',
    'ClientMinKeyBitLength',
    1024,
    'shortest DHE group that a client takes, in bits',
  ),
  keyLength(
    'Diffie-Hellman',
    'ClientMaxKeyBitLength',
    null,
    'longest DHE group that a client takes, in bits',
  ),
  keyLength('Diffie-Hellman', 'ServerMinKeyBitLength', 2048, 'length of the DHE group of a server, in bits'),
  keyLength('PKCS', 'ClientMinKeyBitLength', 1024, 'shortest RSA key that a client takes, in bits'),
  keyLength('PKCS', 'ClientMaxKeyBitLength', null, 'longest RSA key that a client takes, in bits'),
  keyLength('ECDH', 'ClientMinKeyBitLength', null, 'shortest ECDHE key that a client takes, in bits'),
  keyLength('ECDH', 'ServerMinKeyBitLength', null, 'shortest ECDHE key that a server takes, in bits'),
];

const NET = 'Microsoft\\.NETFramework\\v4.0.30319';
const WINHTTP = 'Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp';

/** What other programs read. It changes nothing for Schannel's own callers, and is only shown. */
export const OTHER_STACKS: readonly OtherValueEntry[] = [
  ...['SOFTWARE', 'SOFTWARE\\WOW6432Node'].flatMap((root) => [
    {
      name: 'DefaultSecureProtocols',
      key: `${root}\\${WINHTTP}`,
      default: null,
      meaning: 'bits of the versions of WinHTTP: 0x80, 0x200, 0x800, 0x2000 for TLS 1.0 to 1.3',
    },
    {
      name: 'SchUseStrongCrypto',
      key: `${root}\\${NET}`,
      default: null,
      meaning: 'whether the .NET Framework offers only strong versions and suites',
    },
    {
      name: 'SystemDefaultTlsVersions',
      key: `${root}\\${NET}`,
      default: null,
      meaning: 'whether the .NET Framework leaves the versions to Windows',
    },
  ]),
  ...['EnableHttp3', 'EnableAltSvc'].map((name) => ({
    name,
    key: 'SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters',
    default: 0,
    meaning: `whether http.sys ${name === 'EnableHttp3' ? 'speaks' : 'offers'} HTTP/3`,
  })),
];
