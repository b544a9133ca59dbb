import assert from 'node:assert/strict';
import { asciiName, isForHost } from '#lib/formats/x509/host-match.js';

describe('formats/x509/host-match', () => {
  it('goes by alternative names, with wildcards for one label', () => {
    const certificate = { dnsNames: ['Bücher.example', '*.bar.example'], commonName: 'other.example' };
    const matches = [
      'xn--bcher-kva.example',
      'a.bar.example',
      '*.bar.example',
      'bar.example',
      'a.b.bar.example',
      'other.example',
    ];
    assert.deepEqual(
      matches.map((host) => isForHost(certificate, host)),
      [true, true, true, false, false, false],
    );
  });

  it('goes by the common name if there is nothing else', () => {
    assert.equal(isForHost({ dnsNames: [], commonName: 'Bar.example' }, 'bar.example'), true);
    assert.equal(isForHost({ dnsNames: [], commonName: null }, 'bar.example'), false);
  });

  it('has names in A-labels, without a final dot', () => {
    assert.deepEqual(['Bücher.Example.', '*.BAR.example'].map(asciiName), [
      'xn--bcher-kva.example',
      '*.bar.example',
    ]);
  });
});
