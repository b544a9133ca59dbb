import assert from 'node:assert/strict';
import tls, { type PeerCertificate } from 'node:tls';
import { alertOfVerdict } from '#lib/windows/trust/verify-alert.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeSession, NativeVerifyOutcome } from '#lib/native/binding.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import {
  type ServerSubject,
  type Verification,
  verifyClient,
  verifyServer,
} from '#lib/tls/socket/peer-verification.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
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
});
