import { type Conclusion, fails, warns, works } from './conclusion.js';
import { adviceOf, hasCode, sentenceOf } from './error-facts.js';
import type { Attempt, Evidence, SeenTls } from './evidence.js';

/** What the certificate of the server, its chain and its revocation say. */
export function trustConclusions({ attempt, target }: Evidence, server: SeenTls): Conclusion[] {
  const trust = attempt?.trust ?? null;
  if (trust === null) return attempt === null ? onlyLeafSent(server) : [];
  const { nameError } = trust;
  return [
    nameError === null
      ? works('NAME_MATCHES', `The certificate is for ${target.servername}.`)
      : fails(
          'NAME_MISMATCH',
          sentenceOf(nameError),
          'The server has no certificate for this name, another server answers, or something in between does.',
          'Connect to a name in the certificate, or give it by --servername.',
        ),
    ...chain(trust, notSent(trust, server)),
    ...revocation(trust),
  ];
}

type Trust = NonNullable<Attempt['trust']>;

/** Certificates between that of the server and a root that the server did not send, as far as it is known. */
function notSent({ chain: built }: Trust, { certificates }: SeenTls): string[] {
  const [leaf, ...issuers] = built;
  const sent = certificates.find(
    ({ chain: [first] }) => first?.fingerprint256 === leaf?.fingerprint256,
  )?.chain;
  if (sent === undefined) return [];
  return issuers
    .filter(
      ({ isSelfSigned, fingerprint256 }) =>
        !isSelfSigned && sent.every((each) => each.fingerprint256 !== fingerprint256),
    )
    .map(({ subject }) => subject);
}

function chain({ chainError, revocation: answer }: Trust, missing: readonly string[]): Conclusion[] {
  const left = missing.length === 0 ? [] : [notAllSent(missing)];
  if (chainError === null || answer === 'revoked' || hasCode(chainError, 'UNABLE_TO_GET_CRL')) {
    return [works('CHAIN_TRUSTED', 'This machine trusts the chain of the certificate.'), ...left];
  }
  const text = sentenceOf(chainError);
  const remedy = adviceOf(chainError);
  if (hasCode(chainError, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')) {
    return [
      fails(
        'CHAIN_INCOMPLETE',
        text,
        'The server does not send all certificates up to a root, and Windows does not find them elsewhere.',
        'Put the intermediates into LocalMachine\\CA of the server and start its service again.',
      ),
    ];
  }
  if (hasCode(chainError, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN')) {
    return [
      fails(
        'CHAIN_UNTRUSTED',
        text,
        'The root is not among those that this machine trusts. A device in between that reads the traffic shows such certificates, too.',
        remedy,
      ),
      ...left,
    ];
  }
  const code = hasCode(chainError, 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID')
    ? 'CERTIFICATE_TIME'
    : 'CERTIFICATE_REFUSED';
  return [fails(code, text, null, remedy), ...left];
}

const notAllSent = (subjects: readonly string[]): Conclusion =>
  warns(
    'INTERMEDIATES_NOT_SENT',
    `The server does not send ${subjects.join('; ')}.`,
    'This Windows has found what is missing by itself. Other clients do not.',
    'Put the intermediates into LocalMachine\\CA of the server and start its service again.',
  );

function revocation({ chainError, revocation: answer }: Trust): Conclusion[] {
  const OUT_OF_REACH =
    'The list or the OCSP server of the authority does not answer, or the certificate names none.';
  const remedy =
    'Open the way to the addresses in the certificate, or set the proxy of WinHTTP: netsh winhttp set proxy.';
  if (answer === 'revoked') {
    const text = 'A certificate of the chain is revoked.';
    return [
      fails('CERTIFICATE_REVOKED', text, 'Its authority has withdrawn it.', 'Replace it on the server.'),
    ];
  }
  if (chainError !== null && hasCode(chainError, 'UNABLE_TO_GET_CRL')) {
    return [fails('REVOCATION_UNKNOWN', sentenceOf(chainError), OUT_OF_REACH, remedy)];
  }
  if (answer === 'good') return [works('NOT_REVOKED', 'No certificate of the chain is revoked.')];
  return answer === 'unknown'
    ? [
        warns(
          'REVOCATION_UNKNOWN',
          'Whether the certificate is revoked could not be found out.',
          `${OUT_OF_REACH} Programs that insist on an answer refuse it, others wait for it.`,
          remedy,
        ),
      ]
    : [];
}

/** Without Windows only what was sent can be looked at. */
function onlyLeafSent({ certificates }: SeenTls): Conclusion[] {
  const single = certificates.flatMap(({ chain: sent }) => {
    const [only, ...others] = sent;
    return only === undefined || others.length > 0 || only.issuer === only.subject ? [] : [only];
  });
  const [first] = single;
  return first === undefined
    ? []
    : [
        warns(
          'INTERMEDIATES_NOT_SENT',
          'The server sends its certificate without that of its issuer.',
          `Unless a root has issued it, clients may not trust it. The issuer is ${first.issuer ?? 'not readable'}.`,
          'Send the intermediates along.',
        ),
      ];
}
