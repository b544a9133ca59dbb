import assert from 'node:assert/strict';
import { parseStoreName } from '#lib/windows/store/store-name.js';
import type { StoreLocation } from '#lib/windows/store/locations.js';

const path = (text: string, location?: StoreLocation): string => parseStoreName(text, location).path;

describe('windows/store/store-name', () => {
  for (const [text, expected] of [
    ['MY', 'CurrentUser\\MY'],
    ['my', 'CurrentUser\\MY'],
    ['Personal', 'CurrentUser\\MY'],
    ['root', 'CurrentUser\\Root'],
    ['Trusted Root Certification Authorities', 'CurrentUser\\Root'],
    ['Intermediate Certification Authorities', 'CurrentUser\\CA'],
    ['CertificateAuthority', 'CurrentUser\\CA'],
    ['Enterprise Trust', 'CurrentUser\\Trust'],
    ['Trusted People', 'CurrentUser\\TrustedPeople'],
    ['trustedpublisher', 'CurrentUser\\TrustedPublisher'],
    ['Untrusted Certificates', 'CurrentUser\\Disallowed'],
    ['LocalMachine\\Web Hosting', 'LocalMachine\\WebHosting'],
    ['LocalMachine\\Remote Desktop', 'LocalMachine\\Remote Desktop'],
    ['localmachine\\my', 'LocalMachine\\MY'],
    ['Local Computer\\Personal', 'LocalMachine\\MY'],
    ['HKLM\\Root', 'LocalMachine\\Root'],
    ['LocalMachine/MY', 'LocalMachine\\MY'],
    ['Cert:\\CurrentUser\\My', 'CurrentUser\\MY'],
    ['CurrentUserGroupPolicy\\CA', 'CurrentUserGroupPolicy\\CA'],
    ['LocalMachineGroupPolicy\\Root', 'LocalMachineGroupPolicy\\Root'],
    ['LocalMachineEnterprise\\NTAuth', 'LocalMachineEnterprise\\NTAuth'],
    ['CurrentService\\MY', 'CurrentService\\MY'],
    ['Services\\W3SVC\\MY', 'Services\\W3SVC\\MY'],
    ['Users\\S-1-5-18\\My', 'Users\\S-1-5-18\\MY'],
    ['LocalMachine\\Root\\.AuthRoot', 'LocalMachine\\Root\\.AuthRoot'],
    ['LocalMachine\\\\\\host\\CA', 'LocalMachine\\\\\\host\\CA'],
    ['Größe 漢字', 'CurrentUser\\Größe 漢字'],
  ] as const) {
    it(`reads '${text}'`, () => {
      assert.equal(path(text), expected);
      assert.equal(path(expected), expected, 'and again what it made of it');
    });
  }

  it('takes the location from the option if the name has none', () => {
    assert.equal(path('MY', 'LocalMachine'), 'LocalMachine\\MY');
    assert.equal(path('W3SVC\\MY', 'Services'), 'Services\\W3SVC\\MY');
    assert.equal(path('\\\\host\\CA', 'LocalMachine'), 'LocalMachine\\\\\\host\\CA');
    assert.equal(path('LocalMachine\\MY', 'LocalMachine'), 'LocalMachine\\MY');
  });

  it('separates the parts', () => {
    assert.deepEqual(parseStoreName('Services\\\\\\host\\W3SVC\\My\\.Default'), {
      location: 'Services',
      name: 'MY',
      owner: 'W3SVC',
      computer: 'host',
      physical: '.Default',
      path: 'Services\\\\\\host\\W3SVC\\MY\\.Default',
    });
  });

  for (const [text, location, why] of [
    ['', undefined, /of the form/],
    ['CurrentUser\\', undefined, /of the form/],
    ['a\0b', undefined, /of the form/],
    ['LocalMachine\\MY', 'CurrentUser', /names LocalMachine/],
    ['MY', 'Nowhere' as StoreLocation, /the locations are CurrentUser, /],
    ['CurentUser\\MY', undefined, /'CurentUser' is no location/],
    ['Services\\MY', undefined, /owner comes before/],
    ['Users\\MY', undefined, /S-1-5-21/],
    ['\\\\host\\CA', undefined, /another computer has no CurrentUser/],
    ['CurrentUser\\MY\\.Default\\x', undefined, /too many parts/],
    ['CurrentUser\\MY\\0123456789abcdef0123456789abcdef01234567', undefined, /names a certificate/],
  ] as const) {
    it(`refuses '${text}'${location === undefined ? '' : ` in ${location}`}`, () => {
      assert.throws(() => parseStoreName(text, location), {
        code: 'ERR_SCHANNEL_STORE_NAME',
        phase: 'store',
        message: why,
      });
    });
  }

  it('refuses anything but text', () => {
    assert.throws(() => parseStoreName(undefined as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
