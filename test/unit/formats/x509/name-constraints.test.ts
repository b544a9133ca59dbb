import assert from 'node:assert/strict';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Extension,
  Name,
  NameConstraints as Encoded,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
} from '@peculiar/asn1-x509';
import { alternativeNames, type AlternativeNames } from '#lib/formats/x509/alternative-names.js';
import { nameConstraints, type NameTrees } from '#lib/formats/x509/extension-writer.js';
import { networkOctets } from '#lib/formats/x509/ip-address.js';
import {
  describeConstraints,
  type NameConstraints,
  outsideConstraints,
  readNameConstraints,
} from '#lib/formats/x509/name-constraints.js';

const network = (text: string): Uint8Array => {
  const octets = networkOctets(text);
  assert.ok(octets);
  return octets;
};

const constraints = (permitted: NameTrees, excluded: NameTrees = {}): NameConstraints =>
  readNameConstraints(
    Buffer.from(AsnConvert.parse(nameConstraints(permitted, excluded), Extension).extnValue.buffer),
  );

const PERMITTED = constraints({
  dns: ['bar.example', '.below.example'],
  ip: [network('10.0.0.0/8'), network('fc00::/7')],
  email: ['mail.example', '.deep.example', 'anna@other.example'],
});

const judge = (names: Partial<AlternativeNames>, by = PERMITTED): string[] =>
  outsideConstraints(alternativeNames(names), false, by);

describe('formats/x509/name-constraints', () => {
  for (const names of [
    { dns: ['bar.example', 'www.bar.example', '*.bar.example', 'x.below.example'] },
    { ip: ['10.255.0.1', 'fd00::1'] },
    { email: ['ben@mail.example', 'ben@very.deep.example', 'anna@other.example'] },
    { uri: ['https://anywhere.example/'] },
  ]) {
    it(`permits ${JSON.stringify(names)}`, () => assert.deepEqual(judge(names), []));
  }

  for (const [names, reason] of [
    [{ dns: ['foobar.example'] }, 'foobar.example is not permitted'],
    [{ dns: ['*.example'] }, '*.example is not permitted'],
    [{ ip: ['11.0.0.1'] }, '11.0.0.1 is not permitted'],
    [{ ip: ['::1'] }, '::1 is not permitted'],
    [{ email: ['ben@x.mail.example'] }, 'ben@x.mail.example is not permitted'],
    [{ email: ['ben@deep.example'] }, 'ben@deep.example is not permitted'],
    [{ email: ['ben@other.example'] }, 'ben@other.example is not permitted'],
  ] as const) {
    it(`does not permit ${JSON.stringify(names)}`, () => assert.deepEqual(judge(names), [reason]));
  }

  it('excludes names even if they are permitted', () => {
    const by = constraints({ dns: ['bar.example'] }, { dns: ['no.bar.example'], ip: [network('0.0.0.0/0')] });
    assert.deepEqual(judge({ dns: ['a.no.bar.example'], ip: ['192.0.2.1'] }, by), [
      'a.no.bar.example is excluded',
      '192.0.2.1 is excluded',
    ]);
    assert.deepEqual(judge({ dns: ['yes.bar.example'], ip: ['::1'] }, by), []);
  });

  it('excludes a wildcard that covers an excluded name', () => {
    const by = constraints({}, { dns: ['no.bar.example'] });
    assert.deepEqual(judge({ dns: ['*.bar.example'] }, by), ['*.bar.example is excluded']);
    assert.deepEqual(judge({ dns: ['*.foo.example', '*.yes.bar.example'] }, by), []);
  });

  it('permits only what is below a domain with a dot in front, as OpenSSL does, but excludes all of it', () => {
    const permitted = constraints({ dns: ['.bar.example'] }, {});
    assert.deepEqual(judge({ dns: ['bar.example', 'a.bar.example'] }, permitted), [
      'bar.example is not permitted',
    ]);
    const excluded = constraints({}, { dns: ['.bar.example'] });
    assert.deepEqual(judge({ dns: ['bar.example'] }, excluded), ['bar.example is excluded']);
  });

  it('refuses names whose constraints it cannot check', () => {
    const value = AsnConvert.serialize(
      new Encoded({
        permittedSubtrees: new GeneralSubtrees([
          new GeneralSubtree({ base: new GeneralName({ directoryName: new Name() }) }),
          new GeneralSubtree({ base: new GeneralName({ uniformResourceIdentifier: 'bar.example' }) }),
        ]),
      }),
    );
    const by = readNameConstraints(new Uint8Array(value));
    const names = alternativeNames({ uri: ['https://bar.example/'] });
    assert.equal(outsideConstraints(names, true, by).length, 2);
    assert.deepEqual(outsideConstraints(alternativeNames({ dns: ['bar.example'] }), false, by), []);
  });

  it('describes them', () => {
    assert.deepEqual(
      describeConstraints(constraints({ dns: ['bar.example'] }, { ip: [network('10.0.0.0/12')] })),
      ['permitted bar.example', 'excluded 10.0.0.0/12'],
    );
  });
});
