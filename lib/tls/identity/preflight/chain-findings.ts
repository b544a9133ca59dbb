import { printable } from '../../../base/text/printable.js';
import type { NativeVerifyOutcome } from '../../../native/binding.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { signatureFindings } from './contents-findings.js';
import { warning, type Finding } from './finding.js';

/** CERT_TRUST_IS_PARTIAL_CHAIN */
const IS_PARTIAL_CHAIN = 0x10000;

/** Problems of the chain that Windows would send. It takes the issuers only from its own stores. */
export function chainFindings({ errorStatus, elements }: NativeVerifyOutcome): Finding[] {
  const [, ...issuers] = elements.map(({ certificate }) => new CertificateContents(certificate));
  const sent = issuers.filter((issuer) => !issuer.isSelfSigned);
  const weak = sent.flatMap((issuer) =>
    signatureFindings(issuer.raw).map((finding) => ({
      ...finding,
      meaning: finding.meaning.replace('The certificate', `The issuer ${printable(issuer.subject)}`),
    })),
  );
  if ((errorStatus & IS_PARTIAL_CHAIN) === 0) return weak;
  const last = issuers.at(-1)?.issuer ?? leafIssuer(elements);
  return [
    ...weak,
    warning(
      'CHAIN_INCOMPLETE',
      `Windows has no certificate of ${printable(last)}, so the chain that it sends ends there. That is harmless for a root, but a peer without that intermediate refuses the certificate.`,
      'Put an intermediate into CurrentUser\\CA or LocalMachine\\CA: "schannel cert import".',
    ),
  ];
}

function leafIssuer(elements: NativeVerifyOutcome['elements']): string {
  const leaf = elements[0]?.certificate;
  return leaf === undefined ? 'the issuer' : new CertificateContents(leaf).issuer;
}
