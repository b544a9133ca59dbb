/**
 * The stores that Windows knows by itself, with the names that its consoles and .NET's StoreName give them. What is
 * compared has neither spaces nor case.
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

/** These come with a role or a feature of Windows; where that is not installed, they are not there. */
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

/** Whether every Windows has the store, though its registry may not have it until something is put there. */
export const isWellKnown = (canonical: string): boolean => Object.hasOwn(STORES, canonical);
