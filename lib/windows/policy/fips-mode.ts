import type { Policy } from './read-policy.js';

/** What the registry says: its own value, or that of the device management. */
export const isFipsSet = ({ fips }: Pick<Policy, 'fips'>): boolean =>
  [fips.enabled, fips.mdmEnabled].some((value) => value !== null && value !== 0);

/** Windows' answer; without one, what the registry says. */
export const isFipsOn = (policy: Pick<Policy, 'fips'>): boolean => policy.fips.effective ?? isFipsSet(policy);

/**
 * Whether a group is there in FIPS mode ("TLS Elliptic Curves in Windows 10 version 1607 and later", "TLS supported
 * groups in Windows 11 24H2 and later").
 */
export const isFipsGroup = (windowsName: string): boolean => /^nistP(256|384|521)$/i.test(windowsName);
