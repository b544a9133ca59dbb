import assert from 'node:assert/strict';
import { letsEncrypt, type ManagerOptions, parseOptions } from '#lib/apps/acme/manager/options.js';
import { MemorySolver } from '../../../../support/order-parts.js';

const challenge = new MemorySolver();
const options = (more: object = {}, set: object = {}): ManagerOptions => ({
  directory: letsEncrypt.production,
  termsOfServiceAgreed: true,
  state: '/state',
  certificates: [{ names: ['www.bar.com'], challenge, ...set }],
  ...more,
});

describe('apps/acme/manager/options', () => {
  it('puts certificates into the personal store of the user by default', () => {
    const [set] = parseOptions(options()).sets;
    assert.deepEqual(
      [set?.store, set?.served, set?.isMachine],
      ['CurrentUser\\MY', 'CurrentUser\\MY', false],
    );
    assert.equal(set?.key.machine, false);
  });

  it('makes keys of the machine for a store of the machine, also that of the account', () => {
    const parsed = parseOptions(options({}, { store: 'LocalMachine\\WebHosting', key: { provider: 'tpm' } }));
    assert.deepEqual(parsed.sets[0]?.key, { provider: 'tpm', machine: true });
    assert.equal(parsed.accountKey.machine, true);
  });

  it("takes Let's Encrypt's other directory for tests, and whatever is said to be for tests", () => {
    assert.equal(parseOptions(options()).staging, false);
    assert.equal(parseOptions(options({ directory: letsEncrypt.staging })).staging, true);
    const { staging, sets } = parseOptions(options({ staging: true }, { store: 'LocalMachine\\MY' }));
    assert.equal(staging, true);
    assert.deepEqual(
      [sets[0]?.store, sets[0]?.served],
      ['LocalMachine\\schannel-staging', 'LocalMachine\\MY'],
    );
  });

  it('gives a set the same number for the same names, in any order and spelling', () => {
    const idOf = (...names: string[]): string | undefined => parseOptions(options({}, { names })).sets[0]?.id;
    assert.equal(idOf('a.bar.com', 'b.bar.com'), idOf('B.BAR.com.', 'a.bar.com', 'a.bar.com'));
    assert.notEqual(idOf('a.bar.com'), idOf('a.bar.com', 'b.bar.com'));
    assert.match(idOf('a.bar.com') ?? '', /^[0-9a-f]{16}$/);
  });

  it('takes one contact, several, or none', () => {
    const contactOf = (contact?: unknown): readonly string[] | undefined =>
      parseOptions(options({ contact })).server.contact;
    assert.deepEqual(
      [contactOf(), contactOf('mailto:a@bar.com'), contactOf(['mailto:a@bar.com', 'mailto:b@bar.com'])],
      [[], ['mailto:a@bar.com'], ['mailto:a@bar.com', 'mailto:b@bar.com']],
    );
  });

  const WRONG: readonly (readonly [title: string, more: object, set: object, code: string])[] = [
    ['terms that nobody spoke of', { termsOfServiceAgreed: undefined }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['a directory without TLS', { directory: 'http://acme.test/' }, {}, 'ERR_SCHANNEL_ACME_ANSWER'],
    [
      'a directory for tests whose certificates would be served',
      { directory: letsEncrypt.staging, staging: false },
      {},
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a second directory for tests whose certificates would be served',
      { fallback: { directory: 'https://acme-staging-v02.api.letsencrypt.org:443/other' } },
      {},
      'ERR_INVALID_ARG_VALUE',
    ],
    ['a second directory without TLS', { fallback: { directory: 'x' } }, {}, 'ERR_SCHANNEL_ACME_ANSWER'],
    ['no list of certificates', { certificates: undefined }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['a set without names', {}, { names: [] }, 'ERR_INVALID_ARG_TYPE'],
    ['a name that is none', {}, { names: ['a_b.bar.com'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a name that no public authority certifies', {}, { names: ['printer.local'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a store that is none', {}, { store: 'Mine\\MY' }, 'ERR_SCHANNEL_STORE_NAME'],
    ['a name of a set that is a path', {}, { id: '..\\x' }, 'ERR_INVALID_ARG_VALUE'],
    [
      'a set twice',
      {
        certificates: [
          { names: ['a.bar.com', 'b.bar.com'], challenge },
          { names: ['b.bar.com', 'a.bar.com'], challenge },
        ],
      },
      {},
      'ERR_INVALID_ARG_VALUE',
    ],
  ];
  for (const [title, more, set, code] of WRONG) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseOptions(options(more, set)), { code });
    });
  }
});
