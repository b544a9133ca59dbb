/** Groups that Schannel has since Windows 10 1607 ("TLS Elliptic Curves in Windows 10 version 1607 and later"). */
const CURVES = [
  ...['curve25519', 'NistP256', 'NistP384', 'nistP192', 'nistP224', 'nistP521'],
  ...['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
  ...['secP160k1', 'secP160r1', 'secP160r2', 'secP192k1', 'secP192r1', 'secP224k1', 'secP224r1'],
  ...['secP256k1', 'secP256r1', 'secP384r1', 'secP521r1'],
];

/** Only in TLS 1.3 ("TLS supported groups in Windows 11 24H2 and later"). */
const HYBRID = ['x25519_mlkem768', 'secp256r1_mlkem768', 'secp384r1_mlkem1024'];

/** The first build whose updates bring the groups with ML-KEM: 26100.8514. */
const FIRST_HYBRID_BUILD = 26100;

/** Groups that are documented for a build, in lower case: Windows' names of groups have no case. */
export const knownGroups = (build: number): ReadonlySet<string> =>
  new Set([...CURVES, ...(build >= FIRST_HYBRID_BUILD ? HYBRID : [])].map((name) => name.toLowerCase()));

/** Whether only TLS 1.3 has a group. */
export const isOnlyTls13 = (windowsName: string): boolean => /mlkem/i.test(windowsName);
