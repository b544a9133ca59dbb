/**
 * Windows' predefined stores, with their names in its consoles and in .NET's StoreName. Compared without spaces and
 * case.
 */
const STORES: Readonly<Record<string, readonly string[]>> = {
  MY: ['personal'],
  Root: ['trustedrootcertificationauthorities', 'trustedroot'],
  CA: ['intermediatecertificationauthorities', 'intermediate', 'certificateauthority'],
  Trust: ['enterprisetrust'],
  TrustedPeople: [],
  TrustedPublisher: ['trustedpublishers'],
  Disallowed: ['untrustedcertificates', 'untrusted'],
  AuthRoot: ['third-partyrootcertificationauthorities'],
  ClientAuthIssuer: ['clientauthenticationissuers'],
  REQUEST: ['certificateenrollmentrequests'],
  AddressBook: ['otherpeople'],
  SmartCardRoot: ['smartcardtrustedroots'],
  UserDS: ['activedirectoryuserobject'],
};

/** Stores of roles and features of Windows. They exist only if those are installed. */
const OF_FEATURES: Readonly<Record<string, readonly string[]>> = {
  WebHosting: [],
  'Remote Desktop': [],
};

const comparable = (name: string): string => name.replaceAll(' ', '').toLowerCase();

const lookUp = (table: Readonly<Record<string, readonly string[]>>, name: string): string | undefined => {
  const wanted = comparable(name);
  return Object.keys(table).find(
    (store) => comparable(store) === wanted || table[store]?.includes(wanted) === true,
  );
};

/** Windows' own name of a store: 'Personal' → 'MY'; any other name as it is. */
export const canonicalStore = (name: string): string =>
  lookUp(STORES, name) ?? lookUp(OF_FEATURES, name) ?? name;

/** Whether every Windows has the store, although the registry may not have it until something is added. */
export const isWellKnown = (canonical: string): boolean => Object.hasOwn(STORES, canonical);
