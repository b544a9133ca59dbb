import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { type RevocationMode, REVOCATION_MODES, revocationRules } from '#lib/windows/trust/revocation.js';
import { TRUST_FAULTS, trustFaults } from '#lib/windows/trust/trust-faults.js';
import { alertOfVerdict } from '#lib/windows/trust/verify-alert.js';
import { VERIFY_TEXTS } from '#lib/windows/trust/verify-texts.js';
import { judge, verdictWithoutCertificate, verifyRequest } from '#lib/windows/trust/verify.js';
import { describeStatus } from '#lib/base/errors/status-table.js';
import type { NativeVerifyOutcome } from '#lib/native/binding.js';
import { daysFromNow, sharedRoot, TestAuthority } from '../../../support/certificates.js';
import { craft } from '../../../support/crafted-certificate.js';
import { chainElement, outcomeOf, SELF_SIGNED, Trust } from '../../../support/verify-outcome.js';

const CRYPT_E_REVOKED = 0x80092010;
const REVOCATION_OFFLINE = 0x80092013;

describe('windows/trust/verify', () => {
  let root: Uint8Array;
  let issuer: Uint8Array;
  let leaf: Uint8Array;

  before(async () => {
    const authority = await sharedRoot();
    const intermediate = await authority.authority('CN=intermediate');
    root = authority.certificate.der;
    issuer = intermediate.certificate.der;
    leaf = (await intermediate.issue()).der;
  });

  const refusal = (
    outcome: NativeVerifyOutcome,
    mode: RevocationMode = 'off',
    now?: number,
  ): SchannelError => {
    const verdict = judge(outcome, mode, now);
    assert.equal(verdict.authorized, false);
    assert.ok(verdict.error instanceof SchannelError);
    return verdict.error;
  };
  const fullChain = (errorStatus = 0): NativeVerifyOutcome =>
    outcomeOf([chainElement(leaf, { errorStatus }), chainElement(issuer), chainElement(root)]);

  it('accepts a chain without a fault', () => {
    const verdict = judge(fullChain(), 'off');
    assert.deepEqual(verdict, {
      authorized: true,
      error: null,
      chain: [leaf, issuer, root],
      revocation: 'not-checked',
      ignored: [],
    });
  });

  it('names an issuer without what a terminal obeys, and cut', async () => {
    const subject = [{ CN: [`\u202e\u009b2J${'n'.repeat(2000)}`] }];
    const odd = await craft({ subject });
    const error = refusal(
      outcomeOf([chainElement(leaf), chainElement(odd, { errorStatus: Trust.NOT_TIME_VALID })]),
    );
    for (const text of [error.message, error.trust?.subject ?? '']) {
      assert.match(text, /CN=.*n{200,300} …/);
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
    }
  });

  describe('codes', () => {
    const cases: readonly (readonly [bit: number, code: string, statusName: string])[] = [
      [Trust.NOT_SIGNATURE_VALID, 'CERT_SIGNATURE_FAILURE', 'TRUST_E_CERT_SIGNATURE'],
      [Trust.WEAK_SIGNATURE, 'CERT_SIGNATURE_FAILURE', 'CERTSRV_E_WEAK_SIGNATURE_OR_KEY'],
      [Trust.WEAK_HYGIENE, 'CERT_SIGNATURE_FAILURE', 'CERTSRV_E_WEAK_SIGNATURE_OR_KEY'],
      [Trust.REVOKED, 'CERT_REVOKED', 'CRYPT_E_REVOKED'],
      [Trust.EXPLICIT_DISTRUST, 'CERT_REJECTED', 'TRUST_E_EXPLICIT_DISTRUST'],
      [Trust.PARTIAL_CHAIN, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_E_CHAINING'],
      [Trust.UNTRUSTED_ROOT, 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_E_UNTRUSTEDROOT'],
      [Trust.CYCLIC, 'UNABLE_TO_GET_ISSUER_CERT', 'CERT_E_CHAINING'],
      [Trust.NOT_TIME_VALID, 'CERT_HAS_EXPIRED', 'CERT_E_EXPIRED'],
      [Trust.NOT_VALID_FOR_USAGE, 'INVALID_PURPOSE', 'CERT_E_WRONG_USAGE'],
      [Trust.NOT_PERMITTED_NAME_CONSTRAINT, 'CERT_REJECTED', 'CERT_E_INVALID_NAME'],
      [Trust.INVALID_POLICY_CONSTRAINTS, 'CERT_REJECTED', 'CERT_E_INVALID_POLICY'],
      [Trust.NO_ISSUANCE_CHAIN_POLICY, 'CERT_REJECTED', 'CERT_E_INVALID_POLICY'],
      [Trust.INVALID_EXTENSION, 'CERT_REJECTED', 'CERT_E_MALFORMED'],
      [Trust.NOT_SUPPORTED_CRITICAL_EXT, 'CERT_REJECTED', 'CERT_E_CRITICAL'],
      [Trust.CTL_NOT_TIME_VALID, 'CERT_UNTRUSTED', 'CERT_E_EXPIRED'],
    ];
    for (const [bit, code, statusName] of cases) {
      it(`${statusName} (bit 0x${bit.toString(16)}) is ${code}`, () => {
        const error = refusal(fullChain(bit));
        assert.equal(error.code, code);
        assert.equal(error.statusName, statusName);
        assert.equal(error.syscall, 'CertGetCertificateChain');
        assert.equal(error.phase, 'verify');
        assert.equal(error.trust?.element, 0);
        assert.equal(error.trust.errorStatus, bit);
        assert.deepEqual(
          error.trust.faults,
          trustFaults(bit).map(({ name }) => name),
        );
      });
    }

    it('distinguishes a self-signed leaf from a self-signed root', () => {
      const single = chainElement(root, { errorStatus: Trust.UNTRUSTED_ROOT, infoStatus: SELF_SIGNED });
      assert.equal(refusal(outcomeOf([single])).code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      assert.equal(refusal(outcomeOf([chainElement(leaf), single])).code, 'SELF_SIGNED_CERT_IN_CHAIN');
    });

    it('distinguishes a leaf with an unknown issuer from a longer chain that ends below a root', () => {
      const errorStatus = Trust.PARTIAL_CHAIN;
      const short = outcomeOf([chainElement(leaf)], { errorStatus });
      assert.equal(refusal(short).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      const longer = outcomeOf([chainElement(leaf), chainElement(issuer)], { errorStatus });
      assert.equal(refusal(longer).code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    });

    it('distinguishes expired from not yet valid by the certificate at fault', async () => {
      const authority = await sharedRoot();
      const late = await authority.authority('CN=late', {
        notBefore: daysFromNow(2),
        notAfter: daysFromNow(9),
      });
      const chain = [
        chainElement(leaf),
        chainElement(late.certificate.der, { errorStatus: Trust.NOT_TIME_VALID }),
      ];
      assert.equal(refusal(outcomeOf(chain)).code, 'CERT_NOT_YET_VALID');
      const later = daysFromNow(20).getTime();
      assert.equal(refusal(outcomeOf(chain), 'off', later).code, 'CERT_HAS_EXPIRED');
    });

    it('distinguishes an issuer that is no authority from a path that is too long', async () => {
      const bit = Trust.INVALID_BASIC_CONSTRAINTS;
      const long = outcomeOf([
        chainElement(leaf),
        chainElement(issuer, { errorStatus: bit }),
        chainElement(root),
      ]);
      assert.equal(refusal(long).code, 'PATH_LENGTH_EXCEEDED');
      const impostor = (await (await sharedRoot()).issue()).der;
      const fake = outcomeOf([
        chainElement(leaf),
        chainElement(impostor, { errorStatus: bit }),
        chainElement(root),
      ]);
      assert.equal(refusal(fake).code, 'INVALID_CA');
    });

    it("explains a rejection by Windows' status, since Node's code is one for many", () => {
      const name = refusal(fullChain(Trust.NOT_PERMITTED_NAME_CONSTRAINT));
      assert.match(
        name.message,
        /^certificate rejected; CERT_E_INVALID_NAME: The CA of the certificate may not issue/,
      );
      assert.match(name.advice ?? '', /^Get the certificate from a CA that may/);
      const unknown = refusal(outcomeOf(fullChain().elements, { policy: 0xdeadbeef }));
      assert.match(unknown.message, /^certificate rejected; Windows does not accept the chain/);
      assert.equal(unknown.statusName, '0xdeadbeef');
    });

    it('refuses a bit that it does not know', () => {
      const error = refusal(fullChain(0x10000000 | Trust.NOT_TIME_VALID));
      assert.equal(error.code, 'CERT_REJECTED');
      assert.equal(error.statusName, 'TRUST_E_FAIL');
      assert.deepEqual(error.trust?.faults, ['0x10000000', 'IS_NOT_TIME_VALID']);
    });

    it('reports the most severe of several faults', () => {
      const order: readonly number[] = [
        Trust.NOT_SIGNATURE_VALID,
        Trust.REVOKED,
        Trust.PARTIAL_CHAIN,
        Trust.NOT_TIME_VALID,
        Trust.NOT_VALID_FOR_USAGE,
        Trust.NOT_PERMITTED_NAME_CONSTRAINT,
        Trust.OFFLINE_REVOCATION,
      ];
      for (let first = 0; first < order.length; first += 1) {
        const bits = order.slice(first).reduce((sum, bit) => sum | bit, 0);
        const [expected] = trustFaults(order[first] ?? 0);
        assert.equal(refusal(fullChain(bits), 'hard').status, expected?.status);
      }
    });
  });

  describe('policy', () => {
    const judged = (policy: number, policyElement = -1): SchannelError =>
      refusal({ ...fullChain(), ...outcomeOf(fullChain().elements, { policy, policyElement }) });

    it('counts although the trust status is clean', () => {
      const error = judged(0x800b010a);
      assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
      assert.equal(error.syscall, 'CertVerifyCertificateChainPolicy');
      assert.equal(error.trust?.policyStatus, 0x800b010a);
      assert.equal(error.trust.element, null);
    });

    it('has separate statuses', () => {
      assert.equal(judged(0x800b0103).code, 'INVALID_CA'); // CERT_E_ROLE
      assert.equal(judged(0x800b0106).code, 'INVALID_PURPOSE'); // CERT_E_PURPOSE
      assert.equal(judged(0x800b0104).code, 'PATH_LENGTH_EXCEEDED'); // CERT_E_PATHLENCONST
      assert.equal(judged(0x800b010c).statusName, 'CRYPT_E_REVOKED'); // CERT_E_REVOKED
      assert.equal(judged(0x800b0112).code, 'CERT_REJECTED'); // CERT_E_UNTRUSTEDCA
      assert.equal(judged(0xdeadbeef).code, 'CERT_REJECTED');
    });

    it('names the issuer at fault in the message', () => {
      const error = judged(0x800b0101, 1);
      assert.equal(error.trust?.subject, 'CN=intermediate');
      assert.match(error.message, /^certificate has expired \(issuer CN=intermediate\)$/);
    });
  });

  describe('revocation', () => {
    const withoutAnswer = (revocation = REVOCATION_OFFLINE): NativeVerifyOutcome =>
      outcomeOf(
        [
          chainElement(leaf, {
            errorStatus: Trust.OFFLINE_REVOCATION | Trust.REVOCATION_STATUS_UNKNOWN,
            revocation,
          }),
          chainElement(issuer, { revocation: 0 }),
          chainElement(root),
        ],
        { policy: 0x800b010e, policyElement: 0 }, // CERT_E_REVOCATION_FAILURE
      );

    it('unknown is accepted, and reported, unless the mode is hard', () => {
      for (const mode of ['off', 'soft', 'cache-only'] as const) {
        const verdict = judge(withoutAnswer(), mode);
        assert.equal(verdict.authorized, true, mode);
        assert.equal(verdict.revocation, mode === 'off' ? 'not-checked' : 'unknown');
        assert.deepEqual(verdict.ignored, ['IS_OFFLINE_REVOCATION', 'REVOCATION_STATUS_UNKNOWN']);
      }
      const error = refusal(withoutAnswer(), 'hard');
      assert.equal(error.code, 'UNABLE_TO_GET_CRL');
      assert.equal(error.statusName, 'CRYPT_E_REVOCATION_OFFLINE');
    });

    it('unknown does not hide another fault', () => {
      const outcome = withoutAnswer();
      const expired = { ...outcome, errorStatus: outcome.errorStatus | Trust.NOT_TIME_VALID };
      assert.equal(refusal(expired, 'soft').code, 'CERT_HAS_EXPIRED');
    });

    it('revoked is refused in every mode that checks', () => {
      const revoked = chainElement(leaf, { errorStatus: Trust.REVOKED, revocation: CRYPT_E_REVOKED });
      const outcome = outcomeOf([revoked, chainElement(issuer, { revocation: 0 }), chainElement(root)]);
      for (const mode of ['soft', 'hard', 'cache-only'] as const) {
        assert.equal(refusal(outcome, mode).code, 'CERT_REVOKED', mode);
        assert.equal(judge(outcome, mode).revocation, 'revoked');
      }
    });

    it('is good if Windows checked everything, and unchecked without a trusted root', () => {
      assert.equal(judge(fullChain(), 'hard').revocation, 'good');
      assert.equal(judge(fullChain(), 'off').revocation, 'not-checked');
      assert.equal(judge(fullChain(Trust.UNTRUSTED_ROOT), 'hard').revocation, 'not-checked');
      assert.equal(judge(fullChain(Trust.PARTIAL_CHAIN), 'soft').revocation, 'not-checked');
    });

    it('ignores periods that are not nested in every mode', () => {
      for (const mode of REVOCATION_MODES) {
        const verdict = judge(fullChain(Trust.NOT_TIME_NESTED), mode);
        assert.equal(verdict.authorized, true);
        assert.deepEqual(verdict.ignored, ['IS_NOT_TIME_NESTED']);
      }
    });

    it('asks Windows only in the modes that check, and for the network only in those that may', () => {
      assert.equal(revocationRules('off').chainFlags, 0);
      assert.equal(revocationRules('soft').chainFlags, 0x48000000);
      assert.equal(revocationRules('hard').chainFlags, 0x48000000);
      assert.equal(revocationRules('cache-only').chainFlags, 0xc0000000);
      assert.equal(revocationRules('hard').policyFlags, 0x4);
      assert.equal(revocationRules('soft').policyFlags, 0xf04);
    });
  });

  it('asks for the usage of the side that is verified', () => {
    const subject = {
      session: null,
      certificates: [leaf],
      trust: null,
      revocation: 'soft',
      urlTimeout: 3000,
    } as const;
    const server = verifyRequest({ ...subject, role: 'server' });
    assert.deepEqual(server, {
      session: null,
      certificates: [leaf],
      trust: null,
      usage: '1.3.6.1.5.5.7.3.1',
      role: 'server',
      chainFlags: 0x48000000,
      policyFlags: 0xf04,
      urlTimeout: 3000,
    });
    assert.equal(verifyRequest({ ...subject, role: 'client' }).usage, '1.3.6.1.5.5.7.3.2');
  });

  it('fetches no roots of Microsoft when anchors are given, and keeps flags unsigned', () => {
    const trust = { close: () => undefined };
    const subject = { session: null, certificates: [leaf], trust, role: 'server', urlTimeout: 0 } as const;
    assert.equal(verifyRequest({ ...subject, revocation: 'off' }).chainFlags, 0x100);
    assert.equal(verifyRequest({ ...subject, revocation: 'cache-only' }).chainFlags, 0xc0000100);
  });

  it('fetches no issuers for a client, nor if that is switched off', () => {
    const DISABLE_AIA = 0x2000;
    const fetches = (role: 'server' | 'client', fetchIssuers?: boolean): boolean => {
      const subject = { session: null, certificates: [leaf], trust: null, role, urlTimeout: 0 } as const;
      const request = verifyRequest({
        ...subject,
        revocation: 'off',
        ...(fetchIssuers === undefined ? {} : { fetchIssuers }),
      });
      return (request.chainFlags & DISABLE_AIA) === 0;
    };
    assert.equal(fetches('server'), true);
    assert.equal(fetches('server', false), false);
    assert.equal(fetches('client'), false);
    assert.equal(fetches('client', true), false);
  });

  it('says what failed when Windows could not verify at all', () => {
    const outcome = { ...outcomeOf([]), status: 0x80070057, syscall: 'CertGetCertificateChain' };
    const error = refusal(outcome);
    assert.equal(error.code, 'ERR_SCHANNEL_SYSTEM_FAILURE');
    assert.equal(error.statusName, 'E_INVALIDARG');
    assert.equal(error.phase, 'verify');
  });

  it("has node:tls's code for a peer without a certificate", () => {
    const { authorized, error, chain } = verdictWithoutCertificate();
    assert.equal(authorized, false);
    assert.equal(error?.code, 'UNABLE_TO_GET_ISSUER_CERT');
    assert.deepEqual(chain, []);
    const session = { ...outcomeOf([]), status: 0x8009030e, syscall: 'QueryContextAttributesW' };
    assert.equal(refusal(session).code, 'UNABLE_TO_GET_ISSUER_CERT');
  });

  it('names both usages if Windows finds a purpose that is not allowed: it does not say which', async () => {
    const authority = await sharedRoot();
    const { der } = await authority.issue({ usages: ['serverAuth'] });
    const error = refusal(outcomeOf([chainElement(der, { errorStatus: Trust.NOT_VALID_FOR_USAGE })]));
    assert.equal(error.code, 'INVALID_PURPOSE');
    assert.match(error.advice ?? '', /key usage or its extended key usage.*digitalSignature.*serverAuth/);
  });

  it('evaluates a chain that OpenSSL cannot read', () => {
    const odd = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x01);
    const outcome = outcomeOf([chainElement(odd, { errorStatus: Trust.NOT_TIME_VALID })]);
    assert.equal(refusal(outcome).code, 'CERT_HAS_EXPIRED');
  });

  it('has a status in the table for each fault and an alert for each code', () => {
    for (const { status, name } of TRUST_FAULTS) assert.notEqual(describeStatus(status), null, name);
    const expected: readonly (readonly [string, number])[] = [
      ['SELF_SIGNED_CERT_IN_CHAIN', 48],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 48],
      ['CERT_REVOKED', 44],
      ['CERT_HAS_EXPIRED', 45],
      ['INVALID_PURPOSE', 43],
      ['CERT_SIGNATURE_FAILURE', 42],
      ['ERR_TLS_CERT_ALTNAME_INVALID', 42],
      ['SOMETHING_OF_THE_CALLER', 46],
    ];
    for (const [code, alert] of expected) assert.equal(alertOfVerdict(code), alert, code);
    for (const code of Object.keys(VERIFY_TEXTS)) assert.notEqual(alertOfVerdict(code), 46, code);
  });

  it('names the authority in its texts', async () => {
    const other = await TestAuthority.create('CN=other root, O=Someone');
    const untrusted = chainElement(other.certificate.der, { errorStatus: Trust.UNTRUSTED_ROOT });
    const error = refusal(outcomeOf([chainElement(leaf), untrusted]));
    assert.match(error.message, /^self-signed certificate in certificate chain \(issuer .*CN=other root/);
    assert.match(error.advice ?? '', /^Its root is not trusted: .*\.$/);
  });
});
