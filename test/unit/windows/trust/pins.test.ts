import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { isPinned, notPinned, parsePins, pinOf } from '#lib/windows/trust/pins.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';

/** As `openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`. */
const pinWith = (separator: string, { cert }: TestCertificate): string => {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256${separator}${createHash('sha256').update(key).digest('base64')}`;
};

describe('windows/trust/pins', () => {
  let root: TestCertificate;
  let leaf: TestCertificate;
  before(async () => {
    const authority = await sharedRoot();
    root = authority.certificate;
    leaf = await authority.issue();
  });

  it('are the hashes of public keys, as others make them', () => {
    assert.equal(pinOf(leaf.der), pinWith('/', leaf));
    for (const form of ['/', '//']) {
      const pins = parsePins(pinWith(form, leaf), 'pins');
      assert.ok(isPinned(pins, [leaf.der]));
      assert.ok(!isPinned(pins, [root.der]));
    }
  });

  it('may be several, in a list or in a text as curl has it', () => {
    for (const pins of [
      [pinWith('/', root), pinWith('//', leaf)],
      `${pinWith('//', root)};${pinWith('//', leaf)}`,
    ]) {
      const parsed = parsePins(pins, 'pins');
      assert.ok(isPinned(parsed, [leaf.der]) && isPinned(parsed, [root.der]));
    }
  });

  it('of an authority counts where it is in the chain', () => {
    const pins = parsePins(pinWith('/', root), 'pins');
    assert.ok(isPinned(pins, [leaf.der, root.der]));
    assert.ok(!isPinned(pins, [leaf.der]));
  });

  it('are refused unless each is the hash of a key', () => {
    const good = pinWith('/', leaf);
    const [, hash = ''] = /^sha256\/(.*)$/.exec(good) ?? [];
    for (const wrong of [
      '',
      ' ',
      'sha256/',
      hash,
      `sha1/${hash}`,
      `SHA256/${hash}`,
      `sha256:${hash}`,
      `sha256///${hash}`,
      ` ${good}`,
      `${good} `,
      `${good}\n`,
      `${good};`,
      `;${good}`,
      `${good},${good}`,
      good.slice(0, -1),
      `${good}=`,
      // Another text of the same bytes: the last digit has two bits too many.
      `${good.slice(0, -2)}B=`,
      `sha256/${Buffer.alloc(31).toString('base64')}`,
      `sha256/${Buffer.alloc(33).toString('base64')}`,
      `sha256/${Buffer.alloc(32, 0xff).toString('base64url')}=`,
      `sha256/${'00'.repeat(32)}`,
      `x${good}`,
      '*',
    ]) {
      const refusal = { code: 'ERR_INVALID_ARG_VALUE', name: 'TypeError', message: /'pins'/ };
      assert.throws(() => parsePins(wrong, 'pins'), refusal, JSON.stringify(wrong));
      assert.throws(() => parsePins([good, wrong], 'pins'), refusal, JSON.stringify(wrong));
    }
  });

  it('are refused as an empty list, and as anything but texts', () => {
    assert.throws(() => parsePins([], 'options.pins'), { code: 'ERR_INVALID_ARG_VALUE' });
    for (const wrong of [0, true, {}, Buffer.alloc(32), [null], [[]], [Buffer.alloc(32)], [undefined]])
      assert.throws(() => parsePins(wrong as unknown as string, 'options.pins'), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /"options\.pins"/,
      });
  });

  it('of what cannot be read match nothing', () => {
    const pins = parsePins(pinWith('/', leaf), 'pins');
    for (const bytes of [Buffer.alloc(0), Buffer.from('text'), Buffer.from(leaf.der).subarray(0, 40)]) {
      assert.equal(pinOf(bytes), null);
      assert.equal(isPinned(pins, [bytes]), false);
    }
    assert.equal(isPinned(pins, []), false);
  });

  it('name the key of the server in the error', () => {
    const cause = new Error('expired');
    const error = notPinned([leaf.der, root.der], cause);
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED');
    assert.equal(error.cause, cause);
    assert.ok(error.message.includes(pinWith('/', leaf)), error.message);
    assert.match(notPinned([], null).message, /a key that cannot be read$/);
  });
});
