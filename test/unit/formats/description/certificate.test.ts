import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { certificateFacts, formatCertificate } from '#lib/formats/description/certificate.js';
import { styleFor } from '#lib/cli/terminal.js';
import { daysFromNow, selfSigned, sharedRoot } from '../../../support/certificates.js';
import { capturedIO } from '../../../support/captured-io.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';

const plain = styleFor(capturedIO().stdout, {});

describe('formats/description/certificate', () => {
  it('says what a person wants to know', async () => {
    const root = await sharedRoot();
    const { der } = await root.issue({
      subject: 'CN=mail.test, O=Example',
      altNames: ['DNS:mail.test', 'IP:192.0.2.1'],
    });
    const facts = certificateFacts(der);
    assert.equal(facts.issuer, 'CN=schannel test root');
    assert.match(facts.subject ?? '', /CN=mail\.test/);
    assert.equal(facts.readable, true);
    assert.equal(facts.subjectAltName, 'DNS:mail.test, IP Address:192.0.2.1');
    assert.equal(facts.publicKey, 'EC prime256v1');
    assert.equal(facts.thumbprint, createHash('sha1').update(der).digest('hex').toUpperCase());
    assert.equal(facts.fingerprint256, createHash('sha256').update(der).digest('hex').toUpperCase());
  });

  it('says how long a certificate is valid, or since when it is not', async () => {
    const validity = async (from: number, to: number): Promise<string> => {
      const { der } = await selfSigned({ notBefore: daysFromNow(from), notAfter: daysFromNow(to) });
      const lines = formatCertificate(certificateFacts(der), 1, plain, daysFromNow(0).getTime() + 60_000);
      return lines.find((line) => line.includes('valid')) ?? '';
    };
    assert.match(await validity(-1, 3), /, 2 days left$/);
    assert.match(await validity(-1, 0.5), /, less than a day left$/);
    assert.match(await validity(-3, -1), /, expired 1 day ago$/);
    assert.match(await validity(4, 5), /, starts in 3 days$/);
  });

  it('says that a root issued itself', async () => {
    const { der } = await selfSigned();
    const lines = formatCertificate(certificateFacts(der), 3, plain, Date.now());
    assert.equal(lines[0], '3  CN=localhost');
    assert.match(lines[1] ?? '', /issuer +itself$/);
  });

  it('lets no certificate control the terminal', async () => {
    const { der } = await selfSigned({ subject: 'CN=\u001b[31mred' });
    const text = formatCertificate(certificateFacts(der), 1, plain, Date.now()).join('\n');
    assert.ok(!text.includes('\u001b'), text);
  });

  it('says that a certificate cannot be read, and shows its fingerprints', async () => {
    const { certificate } = await sharedRoot();
    for (const oddity of Object.values(UNREADABLE)) {
      const { der } = oddLeaf(certificate, oddity);
      const { thumbprint, fingerprint256, readable, ...rest } = certificateFacts(der);
      assert.equal(readable, false);
      assert.equal(thumbprint, createHash('sha1').update(der).digest('hex').toUpperCase());
      assert.equal(fingerprint256, createHash('sha256').update(der).digest('hex').toUpperCase());
      assert.deepEqual([...new Set(Object.values(rest))], [null]);
      assert.deepEqual(formatCertificate(certificateFacts(der), 1, plain, Date.now()), [
        '1  a certificate that cannot be read',
        `   thumbprint  ${thumbprint}`,
      ]);
    }
  });

  it('throws over no bytes that a peer may send', async () => {
    const { der } = await (await sharedRoot()).issue({ caIssuers: 'http://127.0.0.1/ca' });
    const below = numbersFrom(20_250_903);
    const seen = { readable: 0, unreadable: 0, undated: 0 };
    for (let round = 0; round < 2500; round += 1) {
      const facts = certificateFacts(mutated(Buffer.from(der), below));
      seen[facts.readable ? 'readable' : 'unreadable'] += 1;
      if (facts.readable && (facts.validFrom === null || facts.validTo === null)) seen.undated += 1;
      for (const line of formatCertificate(facts, 1, plain, Date.now()))
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
  });
});
