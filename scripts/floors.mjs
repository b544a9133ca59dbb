/**
 * The floors of lib/, from the ground up. A folder directly in lib/ is a floor. A folder or a file in it is a room. The
 * files directly in lib/ are the entry points. docs/architecture.md says why each room is where it is.
 */

/**
 * @typedef {object} Room
 * @property {string[]} [uses] the rooms of the same floor that it may import, all of them listed before it; none by default
 * @property {string[]} [only] what it may import instead of the floors below: folders and files of lib/, without ".ts"
 * @property {string[]} [also] what it may import in addition: folders and files of lib/, without ".ts"
 * @property {string[]} [builtins] what it may import from Node; anything by default
 */

/**
 * @typedef {object} Floor
 * @property {string} about what is on it: the picture shows it
 * @property {string[]} uses the floors that it may import, all of them listed before it
 * @property {Record<string, Room>} [rooms] without it, the floor is one room
 */

/** The floor of the files directly in lib/. */
export const ENTRY_POINTS = 'entry points';

/** @type {Record<string, Floor>} */
export const FLOORS = {
  base: {
    about: 'what every floor uses; imports nothing of ours',
    uses: [],
    rooms: {
      text: { builtins: [] },
      async: { builtins: [] },
      errors: { builtins: [] },
      callable: { builtins: [] },
      files: { uses: ['text', 'async', 'errors'] },
      trace: { uses: ['text'] },
    },
  },
  native: { about: 'the add-on: a typed list of everything that crosses', uses: ['base'] },
  formats: {
    about: 'files and messages: bytes in, objects out, on any system',
    uses: ['base'],
    rooms: {
      asn1: { builtins: [] },
      pem: { uses: ['asn1'], builtins: [] },
      pbe: { uses: ['asn1'] },
      'private-key': { uses: ['asn1', 'pem', 'pbe'] },
      x509: { uses: ['asn1', 'pem', 'pbe', 'private-key'] },
      description: { uses: ['x509'] },
      revocation: { uses: ['asn1', 'x509'] },
      request: { uses: ['asn1', 'pem', 'x509'] },
      pfx: { uses: ['asn1', 'pbe', 'private-key', 'x509'] },
      'tls-wire': { builtins: [] },
      'client-hello': { uses: ['tls-wire'], builtins: [] },
      'server-flight': { uses: ['tls-wire'], builtins: [] },
      dns: {},
      'security-descriptor': {},
      est: { uses: ['asn1'] },
      scep: { uses: ['asn1', 'x509'] },
      stunnel: {},
      'proxy-protocol': { uses: ['x509'] },
    },
  },
  windows: {
    about: 'what Windows keeps: keys, stores and trust; files in and out',
    uses: ['base', 'native', 'formats'],
    rooms: {
      trust: {},
      key: {},
      registry: {},
      'key-journal': { uses: ['key', 'registry'] },
      store: { uses: ['key', 'key-journal'] },
      issue: { uses: ['key', 'key-journal', 'store'] },
      'temporary-identity': { uses: ['key', 'key-journal', 'store'] },
      'import-export': { uses: ['key', 'key-journal', 'store', 'temporary-identity'] },
      request: { uses: ['trust', 'key', 'key-journal', 'store', 'import-export'] },
      secret: { uses: ['import-export'] },
      service: { uses: ['import-export'] },
      port: {},
      policy: { uses: ['import-export', 'registry'] },
      binding: {},
      'proxy-settings': {},
      negotiate: {},
    },
  },
  tls: {
    about: 'connections: tls.connect(), tls.createServer()',
    uses: ['base', 'native', 'formats', 'windows'],
    rooms: {
      // No I/O and no native code: it is given a session and answers with effects.
      engine: { only: ['base', 'native/binding'], builtins: ['node:worker_threads'] },
      identity: {},
      'secure-context': { uses: ['identity'] },
      credential: { uses: ['identity', 'secure-context'] },
      socket: { uses: ['engine', 'identity', 'secure-context', 'credential'] },
      connect: { uses: ['secure-context', 'socket'] },
      server: { uses: ['engine', 'identity', 'secure-context', 'credential', 'socket'] },
    },
  },
  adapters: {
    about: 'what other programs and libraries plug in',
    uses: ['base', 'native', 'tls'],
    rooms: {
      starttls: {},
      proxy: {
        uses: ['starttls'],
        also: [
          'formats/proxy-protocol',
          'formats/x509/ip-address',
          'windows/proxy-settings',
          'windows/negotiate',
        ],
      },
      mail: { uses: ['starttls', 'proxy'] },
      https: { uses: ['proxy'] },
      http2: { uses: ['https'] },
      undici: { uses: ['proxy'] },
      negotiate: { uses: ['https'], also: ['windows/negotiate'] },
      libraries: { uses: ['starttls', 'undici'] },
      // It replaces what Node's modules export by what this package exports.
      register: { uses: ['https', 'http2'], also: ['index'] },
    },
  },
  apps: {
    about: 'whole tasks; none of them uses another',
    uses: ['base', 'native', 'formats', 'windows', 'tls', 'adapters'],
    rooms: {
      doctor: {},
      explain: {},
      authority: {},
      enrol: {},
      'dev-cert': {},
      acme: {},
      tunnel: {},
      probe: {},
      binding: {},
      decide: {},
      'policy-check': {},
    },
  },
  web: {
    about: 'a web site in one call, from the apps below it',
    uses: ['base', 'formats', 'windows', 'tls', 'adapters', 'apps'],
    rooms: {
      names: {},
      static: {},
      service: {},
      headers: {},
      fallback: { uses: ['names'] },
      site: { uses: ['names', 'static', 'headers', 'fallback'] },
      settings: { uses: ['names'] },
    },
  },
  [ENTRY_POINTS]: {
    about: 'what package.json exports',
    uses: ['base', 'native', 'formats', 'windows', 'tls', 'adapters', 'apps', 'web'],
  },
  cli: {
    about: 'what a person types',
    uses: ['base', 'native', 'formats', 'windows', 'tls', 'adapters', 'apps', ENTRY_POINTS],
  },
};
