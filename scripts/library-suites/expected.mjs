const LISTS =
  "its server allows OpenSSL's group of suites `HIGH`, and this library takes names of suites only";

const ALERT =
  'a client that does not trust a server tells it so by an alert, which is an error that the server of the test does not handle; the tests behind it are not run';

const SSL = 'test/unit/connection/test-connection-ssl';

/**
 * The result of each suite on Wine, and the reason of each difference. docs/libraries.md shows it.
 * @type {Record<string, import('./results.mjs').Expected>}
 */
export const EXPECTED = {
  ws: { baseline: [267, 1], register: [267, 1], differences: {} },
  mqtt: {
    baseline: [148, 0],
    register: [146, 1],
    differences: Object.fromEntries(
      [
        'validate unsuccessfully the CA (2)',
        'emit close on TLS error',
        'support SNI on the TLS connection',
      ].map((title) => [
        `test/secure_client.js: MqttSecureClient with secure parameters should ${title}`,
        ALERT,
      ]),
    ),
  },
  'http-proxy': {
    baseline: [12, 2],
    register: [13, 1],
    differences: {
      'test/lib-https-proxy-test.js: lib/http-proxy.js HTTPS #createProxyServer HTTPS not allow SSL self signed should fail with error':
        "it wants the words of an error that Node has changed, and this library's are the old ones",
    },
  },
  needle: { baseline: [27, 0], register: [27, 0], differences: {} },
  mysql: {
    baseline: [5, 1],
    register: [1, 5],
    differences: Object.fromEntries(
      ['', '-ciphers-unknown', '-ignore', '-reject'].map((subject) => [`${SSL}${subject}.js`, LISTS]),
    ),
  },
  undici: {
    baseline: [71, 0],
    register: [65, 6],
    differences: {
      'test/tls-session-reuse.js: A pool should be able to reuse TLS sessions between clients Prepare request':
        'Windows keeps the sessions, and Wine resumes none',
      ...Object.fromEntries(
        ['HTTP to HTTPS', 'HTTPS to HTTPS', 'HTTPS to HTTP'].map((ways) => [
          `test/proxy-agent.js: Proxy via ${ways} endpoint`,
          'its certificates have keys that may only sign certificates, and Wine does not take them for a server',
        ]),
      ),
      'test/proxy-agent.js: Proxy via HTTPS to HTTP fails on wrong SNI':
        'a client refuses a certificate behind the handshake, with an alert, so that the server has had a connection',
      'test/http2.js: Should throw informational error on half-closed streams (remote)':
        'undici 7.3 fails so with every connection that is a JavaScript stream; 7.30 does not',
    },
  },
  nodemailer: { baseline: [115, 0], register: [115, 0], differences: {} },
};
