/** One block of PEM (RFC 7468). */
export interface PemBlock {
  /** 'CERTIFICATE', 'PRIVATE KEY', … */
  readonly label: string;
  /** What the Base64 stands for; for a key under the old encryption of OpenSSL its ciphertext. */
  readonly der: Buffer;
  /** The block as it stands, for who needs its headers. */
  readonly text: string;
  /** Whether it has the header "Proc-Type: 4,ENCRYPTED" (RFC 1421): the old encryption of OpenSSL. */
  readonly encrypted: boolean;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/**
 * The blocks of a PEM text, in order, whatever stands between and behind them: comments, attributes, line ends of any
 * kind, a byte order mark. A block without its end is left out, and so is a line that only begins like one.
 */
export function splitPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  // Looked for with indexOf from the last find on: a pattern could be made to go back over the text again and again.
  let at = text.indexOf(BEGIN);
  while (at !== -1) {
    const next = text.indexOf(BEGIN, at + BEGIN.length);
    const block = readBlock(text.slice(at, next === -1 ? undefined : next));
    if (block !== null) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The block at the beginning of a text in which no other begins. */
function readBlock(text: string): PemBlock | null {
  const labelEnd = text.indexOf(DASHES, BEGIN.length);
  if (labelEnd === -1) return null;
  const label = text.slice(BEGIN.length, labelEnd);
  const endLine = `-----END ${label}-----`;
  const end = text.indexOf(endLine, labelEnd);
  if (label === '' || label.includes('\n') || end === -1) return null;
  const inner = text.slice(labelEnd + DASHES.length, end);
  const { headers, body } = splitHeaders(inner);
  return {
    label,
    der: Buffer.from(body, 'base64'),
    text: `${text.slice(0, end)}${endLine}\n`,
    encrypted: /^Proc-Type:\s*4,\s*ENCRYPTED\s*$/im.test(headers),
  };
}

/** Headers have a colon, which Base64 has not; an empty line ends them (RFC 1421 §4.4). */
function splitHeaders(inner: string): { headers: string; body: string } {
  const trimmed = inner.replace(/^[^\S\n]*\r?\n/, '');
  const blank = /\r?\n[^\S\n]*\r?\n/.exec(trimmed);
  const headers = blank === null ? '' : trimmed.slice(0, blank.index);
  if (blank === null || !headers.includes(':')) return { headers: '', body: inner };
  return { headers, body: trimmed.slice(blank.index + blank[0].length) };
}
