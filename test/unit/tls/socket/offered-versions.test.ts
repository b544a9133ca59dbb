import assert from 'node:assert/strict';
import type { ClientHello } from '#lib/formats/client-hello/client-hello.js';
import type { ProtocolRange } from '#lib/tls/secure-context/protocols.js';
import { refusedVersions } from '#lib/tls/socket/offered-versions.js';

const hello = (versions: readonly number[], legacyVersion = 0x0303): ClientHello => ({
  format: 'tls',
  legacyVersion,
  versions,
  cipherSuites: [],
  servername: null,
  alpnProtocols: [],
  signatureAlgorithms: [],
  postHandshakeAuth: false,
  malformed: [],
});
const MODERN: ProtocolRange = { min: 'TLSv1.2', max: 'TLSv1.3' };
const OLD: ProtocolRange = { min: 'TLSv1', max: 'TLSv1.1' };

describe('tls/socket/offered-versions', () => {
  const CASES: readonly (readonly [what: string, ClientHello, ProtocolRange, refused: boolean])[] = [
    ['TLS 1.3 and 1.2 by list', hello([0x0304, 0x0303]), MODERN, false],
    ['TLS 1.3 alone by list', hello([0x0304]), MODERN, false],
    ['TLS 1.3 alone, where only older ones are allowed', hello([0x0304]), OLD, true],
    ['TLS 1.2 without a list', hello([0x0303]), MODERN, false],
    ['TLS 1.2 and all below without a list, where those are allowed', hello([0x0303]), OLD, false],
    ['TLS 1.1', hello([0x0302], 0x0302), MODERN, true],
    ['TLS 1.0', hello([0x0301], 0x0301), MODERN, true],
    ['TLS 1.0, where that is allowed', hello([0x0301], 0x0301), OLD, false],
    ['SSL 3', hello([0x0300], 0x0300), OLD, true],
    ['one to come', hello([0x0305]), MODERN, true],
    ['one to come and TLS 1.3', hello([0x0305, 0x0304]), MODERN, false],
  ];
  for (const [what, offer, range, isRefused] of CASES) {
    it(`${isRefused ? 'refuses' : 'takes'} ${what}`, () => {
      const refusal = refusedVersions(offer, range);
      assert.equal(refusal?.alert, isRefused ? 70 : undefined);
      assert.equal(
        (refusal?.error as NodeJS.ErrnoException | undefined)?.code,
        isRefused ? 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM' : undefined,
      );
    });
  }
});
