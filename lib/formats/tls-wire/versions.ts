/** Protocol versions by the names of node:tls, oldest first, with their numbers in a hello. */
export const TLS_VERSIONS = {
  SSLv2: 0x0002,
  SSLv3: 0x0300,
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
} as const;

export type TlsVersionName = keyof typeof TLS_VERSIONS;

export const TLS_VERSION_NAMES = Object.keys(TLS_VERSIONS) as readonly TlsVersionName[];

/** 'TLSv1.2'; '0x7f1c' for a number that has no name. */
export const versionName = (version: number): string =>
  TLS_VERSION_NAMES.find((name) => TLS_VERSIONS[name] === version) ?? hexNumber(version);

/** Four digits: '0x1301'. */
export const hexNumber = (number: number): string => `0x${number.toString(16).padStart(4, '0')}`;
