import assert from 'node:assert/strict';
import { setClientDefaults, withClientDefaults } from '#lib/tls/secure-context/client-defaults.js';
import { SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { parseClientOptions } from '#lib/tls/socket/client-options.js';
import { localhostIdentity } from '../../../support/tls-server.js';

const ANNA = 'aa'.repeat(20);
const OTHER = 'bb'.repeat(20);
const named = (name: string) => ({ kind: 'certificate', certificate: { name } });
const NONE = { kind: 'none', lacks: null };

describe('tls/secure-context/client-defaults', () => {
  afterEach(() => setClientDefaults(null));

  /** What a connection to this server shows, by a context of these options. */
  const shown = (host: string, options: ConstructorParameters<typeof SecureContext>[0] = {}) =>
    withClientDefaults(new SecureContext(options), [host]).identity;

  it('count for contexts that the program made itself, and for what is not given there', async () => {
    setClientDefaults({ certificate: ANNA, revocation: 'hard', revocationTimeout: 5 });
    const { ca, certificate } = await localhostIdentity();
    const own = new SecureContext({ ca, minVersion: 'TLSv1.3' });
    const filled = withClientDefaults(own, []);
    assert.deepEqual(filled.identity, named(ANNA));
    assert.deepEqual([filled.revocation, filled.revocationTimeout, filled.fetchIssuers], ['hard', 5, true]);
    assert.ok(filled instanceof SecureContext && Object.isFrozen(filled));
    assert.deepEqual(
      [filled.authorities, filled.protocols, filled.ciphers],
      [own.authorities, own.protocols, own.ciphers],
    );
    assert.deepEqual(own.identity, NONE);

    const { cert, key } = certificate;
    const whole = withClientDefaults(new SecureContext({ cert, key, revocation: 'off' }), []);
    assert.deepEqual([whole.identity.kind, whole.revocation, whole.revocationTimeout], ['files', 'off', 5]);
  });

  it('show no certificate where the program or the defaults say so', () => {
    setClientDefaults({ certificate: ANNA }, { 'quiet.example': { certificate: null } });
    assert.deepEqual(shown('db.example', { certificate: null }), NONE);
    assert.deepEqual(shown('quiet.example'), NONE);
    assert.deepEqual(shown('db.example'), named(ANNA));
  });

  it('are for one server, and leave nothing to another', () => {
    setClientDefaults(
      { revocation: 'soft' },
      { 'DB.example': { certificate: ANNA }, '192.0.2.1': { certificate: OTHER } },
    );
    for (const name of ['db.example', 'DB.EXAMPLE', 'db.example.'])
      assert.deepEqual(shown(name), named(ANNA), name);
    assert.deepEqual(shown('192.0.2.1'), named(OTHER));
    for (const name of ['xdb.example', 'sub.db.example', 'example', ''])
      assert.deepEqual(shown(name), NONE, name);
    assert.equal(withClientDefaults(new SecureContext(), ['db.example']).revocation, 'soft');
  });

  it('go by the name that is verified, then by the host, then by the address', () => {
    setClientDefaults({}, { 'db.example': { certificate: ANNA }, '192.0.2.1': { certificate: OTHER } });
    const of = (...args: Parameters<typeof parseClientOptions>) =>
      parseClientOptions(...args).context.identity;
    assert.deepEqual(of({ servername: 'db.example' }, '192.0.2.1'), named(ANNA));
    assert.deepEqual(of({}, 'db.example', '192.0.2.9'), named(ANNA));
    assert.deepEqual(of({}, null, '192.0.2.1'), named(OTHER));
    assert.deepEqual(of({ servername: 'other.example' }, 'db.example'), NONE);
    // It isn't verified to be this one.
    setClientDefaults({}, { localhost: { certificate: ANNA } });
    assert.deepEqual(of({}, null), NONE);
  });

  it('take the identity for a server in place of the one for all, whatever each is given by', async () => {
    const { cert, key } = (await localhostIdentity()).certificate;
    setClientDefaults({ certificate: ANNA }, { 'db.example': { cert, key } });
    assert.equal(shown('db.example').kind, 'files');
    setClientDefaults({ cert, key }, { 'db.example': { certificate: ANNA } });
    assert.equal(shown('db.example').kind, 'certificate');
  });

  it('know a server by each spelling of its name', () => {
    setClientDefaults({}, { 'bücher.example': { certificate: ANNA }, '0:0::1': { certificate: OTHER } });
    for (const name of ['xn--bcher-kva.example', 'BÜCHER.example'])
      assert.deepEqual(shown(name), named(ANNA));
    for (const name of ['::1', '0:0:0:0:0:0:0:1']) assert.deepEqual(shown(name), named(OTHER));
    assert.deepEqual(shown('fe80::1%eth0'), NONE);
  });

  it('are for names that a connection can have', () => {
    for (const name of ['db:5432', 'https://db.example', '*.example', '[::1]', '.example', '', 'a b'])
      assert.throws(
        () => setClientDefaults({ certificate: ANNA }, { [name]: { certificate: null } }),
        { code: 'ERR_INVALID_ARG_VALUE' },
        name,
      );
  });

  it('refuse options that would have no effect', () => {
    const pins: object = { pins: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    const refused = (message: RegExp) => ({ code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED', message });
    assert.throws(() => setClientDefaults(pins), refused(/"options\.pins"/));
    assert.throws(
      () => setClientDefaults({}, { 'db.example': pins }),
      refused(/"options\.servers\["db\.example"\]\.pins"/),
    );
    assert.throws(() => setClientDefaults({}, { 'db.example': null as unknown as object }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });

  it('are checked at once, and the former ones remain', () => {
    setClientDefaults({ certificate: ANNA });
    assert.throws(() => setClientDefaults({ revocation: 'never' as 'off' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
    assert.throws(() => setClientDefaults({}, { x: { certificate: 'no thumbprint' } }), {
      code: 'ERR_SCHANNEL_STORE_NAME',
    });
    assert.deepEqual(shown('db.example'), named(ANNA));
  });
});
