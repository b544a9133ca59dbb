import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { makeImportableKey } from './support.mjs';

/** Primes of an RSA key; the inverse of the second to the first begins with a zero byte, the other one does not. */
const [P, Q] = [
  'c68f1d055e5ce9f5128f8225e3899c14da5100cc9595a772117b89b88ca1b72e' +
    '33484be6d279f34b1b344b8ab96f1a1aa4647504b3fac677b697ffcab99d2354' +
    '8b452724d81df977e108323523b186882500551beaea1002d3c6d4f351c9a2ab' +
    'f26b2e8f4a65c15a63f914ca515cf04fc31defd8f4dacab89145fbfd9ea77ee1',
  'cc93845c47ca32fbfca02555fecbdcb6e1df6eb6b23b5b43802ee265b50bdca5' +
    '23ff951c4a75ba886e3fbb13d74d653a013187ee32e0b13241c392a19e20f2ec' +
    '74710226a18955598035bfa5d1578dca7401687091df4f38a2ad6a3ac64de193' +
    'd3989de366c8365ba098166c57c65e94642dd9e15af60e8316399646e5415aaf',
].map((digits) => BigInt(`0x${digits}`));
const E = 65537n;

describe('rig: a key that Wine can import', () => {
  it('has no number that begins with a zero byte', () => {
    const [spoiled, whole] = [rsaKey(P, Q), rsaKey(Q, P)];
    const offered = [spoiled, spoiled, whole, spoiled];
    const pem = makeImportableKey(() => offered.shift());
    assert.equal(pem, whole.export({ type: 'pkcs8', format: 'pem' }));
    assert.deepEqual(offered, [spoiled]);
  });
});

function rsaKey(p, q) {
  const d = inverse(E, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const entries = Object.entries(numbers).map(([name, number]) => [name, base64url(number)]);
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(entries) }, format: 'jwk' });
}

/** By Euclid's algorithm. */
function inverse(number, modulus) {
  let [rest, next] = [modulus, number];
  let [factor, following] = [0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest % next];
    [factor, following] = [following, factor - quotient * following];
  }
  return factor < 0n ? factor + modulus : factor;
}

function base64url(number) {
  const digits = number.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}
