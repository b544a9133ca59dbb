const LISTS =
  "its server allows OpenSSL's group of suites `HIGH`, and this library takes names of suites only";

const SSL = 'test/unit/connection/test-connection-ssl';

/**
 * The result of each suite on Wine, and the reason of each difference. docs/libraries.md shows it.
 * @type {Record<string, import('./results.mjs').Expected>}
 */
export const EXPECTED = {
  ws: { baseline: [267, 1], register: [267, 1], differences: {} },
  'http-proxy': {
    baseline: [12, 2],
    register: [13, 1],
    differences: {
      'test/lib-https-proxy-test.js: lib/http-proxy.js HTTPS #createProxyServer HTTPS not allow SSL self signed should fail with error':
        "it wants the words of an error that Node has changed, and this library's are the old ones",
    },
  },
  mysql: {
    baseline: [5, 1],
    register: [1, 5],
    differences: Object.fromEntries(
      ['', '-ciphers-unknown', '-ignore', '-reject'].map((subject) => [`${SSL}${subject}.js`, LISTS]),
    ),
  },
};
