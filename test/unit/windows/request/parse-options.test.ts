import assert from 'node:assert/strict';
import { formatName, readName } from '#lib/formats/x509/distinguished-name.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { EXTENDED_KEY_USAGES } from '#lib/formats/x509/usages.js';
import { checkRequestOptions, type Renewable, wishesOf } from '#lib/windows/request/parse-options.js';
import type { RequestOptions } from '#lib/windows/request/request-options.js';

const NAMES = { dns: ['old.example'], ip: [], email: [], upn: [], uri: [] };
const RENEWABLE: Renewable = {
  subject: commonName('old'),
  names: NAMES,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['1.2.3'],
  template: 'WebServer',
};

describe('windows/request/parse-options', () => {
  const subjectOf = (options: RequestOptions, renewable?: Renewable): string =>
    formatName(readName(wishesOf(options, renewable).subject));

  it('takes the subject from the first name', () => {
    assert.equal(subjectOf({ ip: ['::1'], dns: ['bücher.example'] }), 'CN=xn--bcher-kva.example');
    assert.equal(subjectOf({ email: ['anna@bar.example'] }), 'CN=anna@bar.example');
    assert.equal(subjectOf({ dns: [`${'a'.repeat(60)}.example`] }), '');
    assert.equal(subjectOf({ dns: ['a.example'], subject: '' }), '');
    assert.equal(subjectOf({ subject: 'CN=a, O=B' }), 'CN=a, O=B');
  });

  it('chooses the purpose by the names', () => {
    const { serverAuth, clientAuth } = EXTENDED_KEY_USAGES;
    for (const [options, purposes] of [
      [{ dns: ['a.example'] }, [serverAuth]],
      [{ subject: 'CN=a' }, [serverAuth]],
      [{ email: ['anna@a.example'] }, [clientAuth]],
      [{ email: ['anna@a.example'], dns: ['a.example'] }, [serverAuth]],
      [{ dns: ['a.example'], usages: [] }, []],
      [
        { dns: ['a.example'], usages: ['client', 'CODESIGNING', '1.2.3', 'clientAuth'] },
        [clientAuth, '1.3.6.1.5.5.7.3.3', '1.2.3'],
      ],
    ] as const) {
      assert.deepEqual(wishesOf(options).extendedKeyUsage, purposes);
    }
  });

  it('takes from the certificate to renew what is not given', () => {
    const all = wishesOf({}, RENEWABLE);
    assert.equal(subjectOf({}, RENEWABLE), 'CN=old');
    assert.deepEqual(
      [all.names, all.keyUsage, all.extendedKeyUsage, all.template],
      [NAMES, ['digitalSignature'], ['1.2.3'], 'WebServer'],
    );
    const changed = wishesOf({ dns: ['new.example'], usages: ['server'], template: 'Other' }, RENEWABLE);
    assert.deepEqual(changed.names.dns, ['new.example']);
    assert.equal(subjectOf({ dns: ['new.example'] }, RENEWABLE), 'CN=new.example');
    assert.equal(changed.template, 'Other');
  });

  it('reads a template from its parts', () => {
    const template = { oid: '1.3.6.1', major: 100, minor: 3 };
    assert.deepEqual(wishesOf({ dns: ['a'], template }).template, template);
    assert.throws(() => wishesOf({ dns: ['a'], template: { ...template, major: -1 } }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });

  for (const [what, code, options] of [
    ['no name', 'ERR_INVALID_ARG_VALUE', {}],
    ['an empty subject', 'ERR_INVALID_ARG_VALUE', { subject: ' ' }],
    ['a subject that is none', 'ERR_INVALID_ARG_VALUE', { subject: 'bar' }],
    ['a host name with a blank', 'ERR_INVALID_ARG_VALUE', { dns: ['a b'] }],
    ['an account without a domain', 'ERR_INVALID_ARG_VALUE', { upn: ['anna'] }],
    ['names that are no list', 'ERR_INVALID_ARG_TYPE', { dns: 'a.example' }],
    ['an unknown purpose', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], usages: ['tea'] }],
    ['an unknown key usage', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], keyUsage: ['tea'] }],
    ['another location', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], location: 'Services' }],
    ['another digest', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], digest: 'sha1' }],
    ['another padding', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], padding: 'oaep' }],
    ['a name with a NUL', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], friendlyName: 'a\0b' }],
    ['a key that is none', 'ERR_INVALID_ARG_TYPE', { dns: ['a'], key: 'rsa' }],
    ['the same key of nothing', 'ERR_INVALID_ARG_VALUE', { dns: ['a'], sameKey: true }],
    ['the same key and a new one', 'ERR_INVALID_ARG_VALUE', { renew: 'x', sameKey: true, key: {} }],
  ] as const) {
    it(`refuses ${what}`, () => {
      const given = options as RequestOptions;
      assert.throws(
        () => {
          checkRequestOptions(given);
          wishesOf(given);
        },
        { code },
      );
    });
  }
});
