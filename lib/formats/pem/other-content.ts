import { ReadBudget } from '../asn1/read-budget.js';
import { printableList } from '../../base/text/printable.js';
import { type ContentKind, kindOfDer, kindOfLabel } from './content-kind.js';
import { decodeText, recognize, type Source } from './source.js';

/** What a file is instead of what was expected. */
export interface OtherContent {
  /** Completes "it is …": 'a private key', 'empty'. */
  readonly what: string;
  /** What to do; null if the only advice is what would be right. */
  readonly advice: string | null;
}

/** Only this much of a text is examined. */
const LOOKED_AT = 4096;

/** Describes a file that does not contain what was expected. */
export function otherContent(source: Source): OtherContent {
  const recognized = recognize(source, new ReadBudget());
  if (recognized.kind === 'pem') {
    const labels = [...new Set(recognized.blocks.map(({ label }) => label))];
    return labels.length > 0 ? ofLabels(labels) : ofText(startOf(source));
  }
  const kind = kindOfDer(recognized.bytes);
  return kind === null ? NEITHER : KINDS[kind];
}

const KINDS: Readonly<Record<ContentKind, OtherContent>> = {
  certificate: { what: 'a certificate', advice: 'Give it by the option cert or ca.' },
  p7b: { what: 'a P7B (PKCS #7)', advice: null },
  pfx: { what: 'a PFX (PKCS #12)', advice: 'Give it by the option pfx.' },
  'private key': { what: 'a private key', advice: 'Give it by the option key.' },
  'public key': { what: 'a public key', advice: null },
  request: {
    what: 'a certificate request',
    advice: 'Have an authority sign it, and give the certificate that comes back.',
  },
  'revocation list': { what: 'a revocation list', advice: 'Give it by the option crl.' },
  parameters: { what: 'the parameters of a key', advice: null },
  'key of SSH': { what: 'a key of SSH, which TLS does not use', advice: null },
};

const NEITHER: OtherContent = { what: 'neither PEM nor DER', advice: null };

function ofLabels(labels: readonly string[]): OtherContent {
  const kinds = labels.map(kindOfLabel);
  const known = kinds.filter((kind) => kind !== null).map((kind) => KINDS[kind]);
  const words = new Set(known.map(({ what }) => what));
  if (known.length < labels.length) {
    const others = labels.filter((label) => kindOfLabel(label) === null);
    words.add(`PEM of the kind ${printableList(others)}`);
  }
  return { what: [...words].join(' and '), advice: known[0]?.advice ?? null };
}

const TEXTS: readonly (readonly [RegExp, OtherContent])[] = [
  [/^\s*$/, { what: 'empty', advice: null }],
  [
    /-----BEGIN [^-]+-----/,
    { what: 'PEM that does not end', advice: 'Copy the file again: its line "-----END …-----" is missing.' },
  ],
  [
    /-\0-\0|\0-\0-/,
    {
      what: 'UTF-16 that was read as another encoding',
      advice: 'Read the file without an encoding, as bytes.',
    },
  ],
  [
    /^0[\x80-\uffff]/,
    { what: 'DER that was read as text', advice: 'Read the file without an encoding, as bytes.' },
  ],
  [/^\s*<(!doctype\s+html|html)/i, { what: 'HTML', advice: 'Download the file itself, not the page.' }],
  [/^\s*<[a-z?!]/i, { what: 'XML', advice: null }],
  [/^\s*[[{]/, { what: 'JSON', advice: null }],
  [
    /^[^\r\n"<>|*?]{1,260}\.(?:pem|crt|cer|cert|ca|der|p7b|p7c|pfx|p12|crl|key|txt)\s*$/i,
    { what: 'the name of a file', advice: 'Give what is in the file: fs.readFileSync() reads it.' },
  ],
  [
    /^\s*MI[A-Za-z0-9+/=\s]+$/,
    { what: 'bare Base64', advice: 'Put it between the lines BEGIN and END, or decode it.' },
  ],
];

const ofText = (text: string): OtherContent => TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? NEITHER;

function startOf(source: Source): string {
  if (typeof source === 'string') return source.slice(0, LOOKED_AT);
  const start = Buffer.from(source.buffer, source.byteOffset, Math.min(source.byteLength, LOOKED_AT));
  // A byte order mark is not part of the text.
  return decodeText(start).replace(/^(?:\xef\xbb\xbf|\ufeff)/, '');
}
