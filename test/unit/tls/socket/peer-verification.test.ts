import assert from 'node:assert/strict';
import tls, { type PeerCertificate } from 'node:tls';
import { alertOfVerdict } from '#lib/windows/trust/verify-alert.js';
import { parsePins, pinOf, type Pins } from '#lib/windows/trust/pins.js';
import { outlineOf } from '#lib/formats/x509/outline.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeSession, NativeVerifyOutcome } from '#lib/native/binding.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import {
  serverRejection,
  type ServerSubject,
  type Verification,
  verifyClient,
  verifyServer,
} from '#lib/tls/socket/peer-verification.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { buildList } from '../../../support/crl-builder.js';
import { holding, isReadable, oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';
import { chainElement, outcomeOf, Trust } from '../../../support/verify-outcome.js';

const UNREADABLE_CODE = 'ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE';

describe('tls/socket/peer-verification', () => {
  let root: TestCertificate;
  let victim: TestCertificate;
  before(async () => {
    const authority = await sharedRoot();
    root = authority.certificate;
    victim = await authority.issue({ altNames: ['DNS:victim.example'] });
  });

  /** A Windows that answers so. */
  const windows = (outcome: NativeVerifyOutcome) => () => ({
    verifyChain: (_request: unknown, done: (outcome: NativeVerifyOutcome) => void) => done(outcome),
  });
  /** What Windows says of a leaf that it has no objection to, if not other `faults`. */
  const outcomeFor = (leaf: TestCertificate, errorStatus = 0): NativeVerifyOutcome =>
    outcomeOf([chainElement(leaf.der, { errorStatus }), chainElement(root.der)]);
  const subjectOf = (leaf: TestCertificate, options: Partial<ServerSubject> = {}): ServerSubject => ({
    session: {} as NativeSession,
    context: createSecureContext(),
    certificates: [leaf.der, victim.der, root.der],
    hostname: 'victim.example',
    checkServerIdentity: undefined,
    ...options,
  });
  const refusalOf = ({ authorized, error }: Verification): SchannelError => {
    assert.equal(authorized, false);
    assert.ok(error instanceof SchannelError);
    return error;
  };

  for (const [what, oddity] of Object.entries(UNREADABLE)) {
    describe(`whose certificate has ${what}`, () => {
      it('refuses the server, though another certificate behind it is for the name', async () => {
        const leaf = oddLeaf(root, oddity);
        assert.equal(isReadable(leaf.der), false);
        const error = refusalOf(await verifyServer(subjectOf(leaf), windows(outcomeFor(leaf))));
        assert.equal(error.code, UNREADABLE_CODE);
        assert.equal(error.phase, 'verify');
        assert.equal(alertOfVerdict(error.code), 42);
      });

      it('does not ask the check of the caller about another one', async () => {
        const leaf = oddLeaf(root, oddity);
        const asked: PeerCertificate[] = [];
        const checkServerIdentity = (_name: string, certificate: PeerCertificate): undefined => {
          asked.push(certificate);
        };
        const subject = subjectOf(leaf, { checkServerIdentity });
        assert.equal(refusalOf(await verifyServer(subject, windows(outcomeFor(leaf)))).code, UNREADABLE_CODE);
        assert.deepEqual(asked, []);
      });

      it('refuses the client', async () => {
        const leaf = oddLeaf(root, oddity, { usage: 'clientAuth' });
        const error = refusalOf(await verifyClient(subjectOf(leaf), windows(outcomeFor(leaf))));
        assert.equal(error.code, UNREADABLE_CODE);
      });

      it('says so whatever else Windows has against it, and keeps the chain', async () => {
        const leaf = oddLeaf(root, oddity);
        const outcome = outcomeFor(leaf, Trust.NOT_TIME_VALID);
        const verification = await verifyClient(subjectOf(leaf), windows(outcome));
        assert.equal(refusalOf(verification).code, UNREADABLE_CODE);
        assert.deepEqual(verification.chain, [leaf.der, root.der]);
      });
    });
  }

  it('accepts the server that has the name, and refuses one that has it in a certificate behind its own', async () => {
    const sound = await verifyServer(
      subjectOf(victim, { certificates: [victim.der, root.der] }),
      windows(outcomeFor(victim)),
    );
    assert.deepEqual([sound.authorized, sound.error], [true, null]);
    const leaf = oddLeaf(root);
    assert.equal(isReadable(leaf.der), true);
    const error = refusalOf(await verifyServer(subjectOf(leaf), windows(outcomeFor(leaf))));
    assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('looks at the certificate itself, not at one that stands as PEM within it', async () => {
    const leaf = oddLeaf(root, holding(victim.cert));
    assert.equal(isReadable(leaf.der), true);
    for (const checkServerIdentity of [undefined, tls.checkServerIdentity]) {
      const subject = subjectOf(leaf, { certificates: [leaf.der], checkServerIdentity });
      const error = refusalOf(await verifyServer(subject, windows(outcomeFor(leaf))));
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.match(error.message, /attacker\.example/);
    }
  });

  describe('pins', () => {
    const pinsOf = (...certificates: TestCertificate[]): Pins =>
      parsePins(
        certificates.map(({ der }) => pinOf(der) ?? ''),
        'pins',
      );
    const verified = (subject: Partial<ServerSubject>, faults = 0): Promise<Verification> =>
      verifyServer(subjectOf(victim, subject), windows(outcomeFor(victim, faults)));
    const rejectionOf = (verification: Verification, rejectUnauthorized: boolean): unknown => {
      const rejection = serverRejection(verification, [victim.der], rejectUnauthorized);
      return rejection && (Reflect.get(rejection.error, 'code') as unknown);
    };
    const NOT_PINNED = 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED';

    it('accept the key of the server, and of an authority in the chain that was verified', async () => {
      for (const pins of [pinsOf(victim), pinsOf(root)]) {
        const verification = await verified({ pins });
        assert.deepEqual([verification.authorized, verification.pinned], [true, true]);
        for (const strict of [true, false]) assert.equal(rejectionOf(verification, strict), null);
      }
      assert.equal((await verified({})).pinned, null);
    });

    it('refuse every other key, whatever rejectUnauthorized says', async () => {
      const other = await (await sharedRoot()).issue({ altNames: ['DNS:victim.example'] });
      const verification = await verified({ pins: pinsOf(other) });
      assert.equal(refusalOf(verification).code, NOT_PINNED);
      assert.equal(verification.pinned, false);
      for (const strict of [true, false]) assert.equal(rejectionOf(verification, strict), NOT_PINNED);
      assert.equal(alertOfVerdict(NOT_PINNED), 42);
    });

    it('take a key that the server only sends along for none of its chain', async () => {
      const other = await (await sharedRoot()).issue();
      const pins = pinsOf(other);
      const certificates = [victim.der, other.der, root.der];
      const verification = await verified({ pins, certificates });
      assert.equal(refusalOf(verification).code, NOT_PINNED);
    });

    it('come after the chain and the name, whose faults they do not heal', async () => {
      const pins = pinsOf(victim);
      const expired = await verified({ pins }, Trust.NOT_TIME_VALID);
      assert.equal(refusalOf(expired).code, 'CERT_HAS_EXPIRED');
      assert.equal(rejectionOf(expired, true), 'CERT_HAS_EXPIRED');
      const misnamed = await verified({ pins, hostname: 'other.example' });
      assert.equal(refusalOf(misnamed).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(rejectionOf(misnamed, true), 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('are only for the own key where the chain is not verified', async () => {
      // Anybody can send the certificate of the authority along.
      const unverified = await verified({ pins: pinsOf(root) }, Trust.NOT_TIME_VALID);
      assert.equal(rejectionOf(unverified, false), NOT_PINNED);
      const own = await verified({ pins: pinsOf(victim) }, Trust.NOT_TIME_VALID);
      assert.equal(own.authorized, false);
      assert.equal(rejectionOf(own, false), null);
    });

    it('refuse a server without a certificate, as after a resumption that reports none', async () => {
      const verification = await verified({ pins: pinsOf(victim), certificates: [] });
      assert.equal(verification.pinned, false);
      assert.equal(rejectionOf(verification, false), NOT_PINNED);
    });
  });

  it('refuses a peer of either side that lacks what is required', async () => {
    const context = createSecureContext({ requiredPolicies: '1.2.3' });
    const code = 'ERR_SCHANNEL_PEER_CERTIFICATE_POLICY';
    const outcome = outcomeFor(victim);
    assert.equal(refusalOf(await verifyServer(subjectOf(victim, { context }), windows(outcome))).code, code);
    assert.equal(refusalOf(await verifyClient(subjectOf(victim, { context }), windows(outcome))).code, code);
    assert.equal(alertOfVerdict(code), 43);
    const met = createSecureContext({ requiredUsages: 'serverAuth' });
    assert.equal((await verifyServer(subjectOf(victim, { context: met }), windows(outcome))).error, null);
    // What Windows has against the chain comes first.
    const expired = await verifyClient(
      subjectOf(victim, { context }),
      windows(outcomeFor(victim, Trust.NOT_TIME_VALID)),
    );
    assert.equal(refusalOf(expired).code, 'CERT_HAS_EXPIRED');
  });

  describe('extraCa', () => {
    /** Windows' own anchors say one thing of the chain, others another. */
    const windowsSaying = (own: number, others: number) => {
      const passes: unknown[] = [];
      const verifyChain = (
        { trust }: { readonly trust: unknown },
        done: (outcome: NativeVerifyOutcome) => void,
      ): void => {
        passes.push(trust);
        done(outcomeFor(victim, trust === null ? own : others));
      };
      return { passes, windows: () => ({ verifyChain }) };
    };

    it('is not asked where Windows trusts, distrusts or has another reason', async () => {
      const context = createSecureContext({ extraCa: root.cert });
      for (const [own, code] of [
        [0, null],
        [Trust.EXPLICIT_DISTRUST | Trust.UNTRUSTED_ROOT, 'CERT_REJECTED'],
        [Trust.REVOKED | Trust.PARTIAL_CHAIN, 'CERT_REVOKED'],
      ] as const) {
        const { passes, windows: scripted } = windowsSaying(own, 0);
        const { error, anchors } = await verifyServer(subjectOf(victim, { context }), scripted);
        assert.equal(error && (Reflect.get(error, 'code') as unknown), code);
        assert.deepEqual([anchors, passes], ['windows', [null]]);
      }
    });
  });

  describe('the verdict of Windows on a chain', () => {
    /** A Windows that counts how often it is asked. */
    const counting = (errorStatus = 0) => {
      const asked: unknown[] = [];
      const addon = {
        verifyChain: (request: unknown, done: (outcome: NativeVerifyOutcome) => void): void => {
          asked.push(request);
          done(outcomeFor(victim, errorStatus));
        },
      };
      return { asked, windows: () => addon };
    };

    it('is shared with connections to other names, each of which is compared', async () => {
      const { asked, windows: scripted } = counting();
      await verifyServer(subjectOf(victim), scripted);
      const again = await verifyServer(subjectOf(victim), scripted);
      const wrong = await verifyServer(subjectOf(victim, { hostname: 'other.example' }), scripted);
      assert.equal(again.authorized, true);
      assert.deepEqual(again.chain, [victim.der, root.der]);
      assert.equal(refusalOf(wrong).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(asked.length, 1);
    });

    it('is shared neither between servers and clients, nor where revocation is checked, nor if it refuses', async () => {
      const { asked, windows: scripted } = counting();
      await verifyServer(subjectOf(victim), scripted);
      await verifyClient(subjectOf(victim), scripted);
      assert.equal(asked.length, 2);
      const context = createSecureContext({ revocation: 'soft' });
      for (let time = 0; time < 2; time++) await verifyServer(subjectOf(victim, { context }), scripted);
      assert.equal(asked.length, 4);
      const refusing = counting(Trust.NOT_TIME_VALID);
      for (let time = 0; time < 2; time++) await verifyServer(subjectOf(victim), refusing.windows);
      assert.equal(refusing.asked.length, 2);
    });

    const listOf = ({ der }: TestCertificate): Buffer =>
      buildList(root, { serialNumbers: [Buffer.from(outlineOf(der).serialNumber).toString('hex')] });
    const codeOf = (error: Error): unknown => Reflect.get(error, 'code');

    it('is shared where pins, a check of names or a revocation list differ, which decide for each', async () => {
      const { asked, windows: scripted } = counting();
      assert.equal((await verifyServer(subjectOf(victim), scripted)).authorized, true);
      const pins = parsePins([pinOf((await (await sharedRoot()).issue()).der) ?? ''], 'pins');
      const refused = await Promise.all([
        verifyServer(subjectOf(victim, { pins }), scripted),
        verifyServer(subjectOf(victim, { checkServerIdentity: () => new Error('not this one') }), scripted),
        verifyServer(subjectOf(victim, { context: createSecureContext({ crl: listOf(victim) }) }), scripted),
      ]);
      assert.deepEqual(
        refused.map(({ authorized, error }) => [authorized, error && (codeOf(error) ?? error.message)]),
        [
          [false, 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED'],
          [false, 'not this one'],
          [false, 'CERT_REVOKED'],
        ],
      );
      assert.equal((await verifyServer(subjectOf(victim), scripted)).authorized, true);
      assert.equal(asked.length, 1);
    });

    it('leaves the requirements of each connection', async () => {
      const { windows: scripted } = counting();
      await verifyServer(subjectOf(victim), scripted);
      const context = createSecureContext({ requiredPolicies: '1.2.3' });
      const error = refusalOf(await verifyServer(subjectOf(victim, { context }), scripted));
      assert.equal(error.code, 'ERR_SCHANNEL_PEER_CERTIFICATE_POLICY');
    });
  });
});
