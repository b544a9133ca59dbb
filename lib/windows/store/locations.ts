/**
 * Where a system store can be, with its number in bits 16 to 23 of CertOpenStore's flags (CERT_SYSTEM_STORE_*,
 * "System Store Locations").
 */
const LOCATIONS = {
  CurrentUser: 1,
  LocalMachine: 2,
  CurrentService: 4,
  /** Of a named service: 'Services\\W3SVC\\MY'. */
  Services: 5,
  /** Of a named user, by security identifier: 'Users\\S-1-5-…\\MY'. */
  Users: 6,
  CurrentUserGroupPolicy: 7,
  LocalMachineGroupPolicy: 8,
  /** Distributed by the domain's directory; refreshed about every eight hours. */
  LocalMachineEnterprise: 9,
} as const;

/** 'CurrentUser', 'LocalMachine', … */
export type StoreLocation = keyof typeof LOCATIONS;

export const STORE_LOCATIONS = Object.keys(LOCATIONS) as readonly StoreLocation[];

/** The location as CERT_SYSTEM_STORE_* flag. */
export const locationFlag = (location: StoreLocation): number => LOCATIONS[location] << 16;

/** Group policy and the directory overwrite these stores, so nobody else should write there. */
export const isManaged = (location: StoreLocation): boolean => LOCATIONS[location] >= 7;

/** Locations that can be opened on another computer ("System Store Locations"). */
export const isRemotable = (location: StoreLocation): boolean =>
  location === 'LocalMachine' || location === 'LocalMachineGroupPolicy' || needsOwner(location);

/** The name of the owner, a service or a user, precedes the store's name. */
export const needsOwner = (location: StoreLocation): boolean =>
  location === 'Services' || location === 'Users';

/** Aliases, as in Windows' consoles and registry. */
const ALIASES: Readonly<Record<string, StoreLocation>> = {
  user: 'CurrentUser',
  hkcu: 'CurrentUser',
  machine: 'LocalMachine',
  localcomputer: 'LocalMachine',
  hklm: 'LocalMachine',
};

/** A location by its name or alias, in any case; null for an unknown name. */
export function findLocation(text: string): StoreLocation | null {
  const wanted = text.replaceAll(' ', '').toLowerCase();
  return (
    STORE_LOCATIONS.find((location) => location.toLowerCase() === wanted) ??
    (Object.hasOwn(ALIASES, wanted) ? (ALIASES[wanted] ?? null) : null)
  );
}
