/**
 * The test suites of libraries that `npm run library-suites` runs. They are under the licences of their libraries, and
 * never part of this project.
 *
 * @typedef {object} Suite
 * @property {string} library its name at npm
 * @property {string} version
 * @property {'debian' | 'npm' | 'given'} from who has its tests: Debian's source package, the package at npm, or only
 *   the repository of the library, so that `--tests` has to name a folder with it
 * @property {string[]} needs what its tests import, as npm is told. Its own dependencies come anyway
 * @property {'mocha' | 'node:test' | 'script'} runner 'script': each file is one test, which has passed if it ends with 0
 * @property {string[]} files
 * @property {string} [leaveOut] tests whose titles match this are not run
 * @property {Fixture[]} [fixtures] certificates that are made again with RSA: Wine has no EC keys, and some have
 *   expired
 *
 * @typedef {object} Fixture
 * @property {string} certificate file
 * @property {string} key file
 * @property {string} [subject] of one that the sources lack, as OpenSSL takes it
 * @property {number} [issuer] which of the fixtures before it; without it, it signs itself
 */

const WS = 'test/fixtures';

/** @type {Suite[]} */
export const SUITES = [
  {
    library: 'ws',
    version: '8.18.1',
    from: 'debian',
    needs: [],
    runner: 'mocha',
    files: [
      'test/websocket.test.js',
      'test/websocket-server.test.js',
      'test/create-websocket-stream.test.js',
    ],
    fixtures: [
      { certificate: `${WS}/ca-certificate.pem`, key: `${WS}/ca-key.pem` },
      { certificate: `${WS}/certificate.pem`, key: `${WS}/key.pem` },
      { certificate: `${WS}/client-certificate.pem`, key: `${WS}/client-key.pem`, issuer: 0 },
    ],
  },
  {
    library: 'mqtt',
    version: '4.3.7',
    from: 'debian',
    needs: ['chai@4.5.0', 'mqtt-connection@4.1.0', 'should@13.2.3', 'sinon@9.2.4'],
    runner: 'mocha',
    files: ['test/secure_client.js'],
  },
  {
    library: 'http-proxy',
    version: '1.18.1',
    from: 'debian',
    needs: [
      'async@3.2.6',
      'concat-stream@2.0.0',
      'expect.js@0.3.1',
      'semver@5.7.2',
      'socket.io@2.5.1',
      'socket.io-client@2.5.0',
      'sse@0.0.8',
      'ws@3.3.3',
    ],
    runner: 'mocha',
    files: ['test/lib-https-proxy-test.js', 'test/lib-http-proxy-test.js'],
    // Has 30 ms.
    leaveOut: 'hang up the socket at the timeout',
  },
  {
    library: 'needle',
    version: '3.5.0',
    from: 'npm',
    needs: ['should@13.2.3', 'sinon@2.4.1'],
    runner: 'mocha',
    files: ['test/redirect_spec.js'],
    fixtures: [{ certificate: 'test/keys/ssl.cert', key: 'test/keys/ssl.key', subject: '/CN=localhost' }],
  },
  {
    library: 'mysql',
    version: '2.18.1',
    from: 'debian',
    needs: [],
    runner: 'script',
    files: ['', '-ciphers', '-ciphers-unknown', '-denied', '-ignore', '-reject'].map(
      (subject) => `test/unit/connection/test-connection-ssl${subject}.js`,
    ),
    fixtures: [{ certificate: 'test/fixtures/server.crt', key: 'test/fixtures/server.key' }],
  },
  {
    library: 'undici',
    version: '7.3.0',
    from: 'given',
    needs: ['@matteo.collina/tspl@0.1.1', 'https-pem@3.0.0', 'node-forge@1.3.1', 'proxy@2.2.0'],
    runner: 'node:test',
    files: [
      'test/https.js',
      'test/connect-pre-shared-session.js',
      'test/tls-session-reuse.js',
      'test/node-test/ca-fingerprint.js',
      'test/proxy-agent.js',
      'test/http2-alpn.js',
      'test/http2.js',
      'test/fetch/http2.js',
    ],
    fixtures: [
      {
        certificate: 'node_modules/https-pem/cert.pem',
        key: 'node_modules/https-pem/key.pem',
        subject: '/CN=localhost',
      },
    ],
  },
  {
    library: 'nodemailer',
    version: '9.0.5',
    from: 'given',
    needs: ['proxy@1.0.2', 'proxy-test-server@1.0.0', 'smtp-server@3.19.2'],
    runner: 'node:test',
    files: [
      'test/smtp-connection/smtp-connection-test.js',
      'test/smtp-connection/requiretls-test.js',
      'test/smtp-connection/secure-socket-test.js',
      'test/smtp-connection/starttls-buffer-test.js',
      'test/smtp-connection/http-proxy-client-test.js',
      'test/xoauth2/xoauth2-tls-test.js',
      'test/mime-node/mime-node-tls-test.js',
      'test/nodemailer/ethereal-tls-test.js',
      'test/fetch/nmfetch-test.js',
    ],
    // Expects an address of the internet to be silent.
    leaveOut: 'should fail with timeout',
  },
];
