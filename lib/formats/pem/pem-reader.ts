import { ReadBudget } from '../asn1/read-budget.js';

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

/** The longest in use has 20. */
const MAX_LABEL = 64;

/**
 * The blocks of a PEM text, in order, whatever stands between and behind them: comments, attributes, line ends of any
 * kind, a byte order mark. A block without its end is left out, and so is a line that only begins like one.
 *
 * @param budget on which each beginning of a block, and each header, counts as an element
 * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function splitPem(text: string, budget = new ReadBudget()): PemBlock[] {
  const blocks: PemBlock[] = [];
  // Looked for with indexOf from the last find on: a pattern could be made to go back over the text again and again.
  let at = text.indexOf(BEGIN);
  while (at !== -1) {
    budget.spendElement();
    const next = text.indexOf(BEGIN, at + BEGIN.length);
    const block = readBlock(text.slice(at, next === -1 ? undefined : next), budget);
    if (block !== null) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The block at the beginning of a text in which no other begins. */
function readBlock(text: string, budget: ReadBudget): PemBlock | null {
  const labelEnd = text.indexOf(DASHES, BEGIN.length);
  if (labelEnd === -1) return null;
  const label = text.slice(BEGIN.length, labelEnd);
  if (label === '' || label.length > MAX_LABEL || label.includes('\n')) return null;
  const endLine = `-----END ${label}-----`;
  const end = text.indexOf(endLine, labelEnd);
  if (end === -1) return null;
  const inner = text.slice(labelEnd + DASHES.length, end);
  const { headers, body } = splitHeaders(inner, budget);
  return {
    label,
    der: Buffer.from(body, 'base64'),
    text: `${text.slice(0, end)}${endLine}\n`,
    encrypted: headers.some((header) => /^Proc-Type:\s*4,\s*ENCRYPTED\s*$/i.test(header)),
  };
}

/**
 * The headers, which an empty line ends (RFC 1421 §4.4), and what stands behind them. The first of them has a colon,
 * which Base64 has not.
 */
function splitHeaders(inner: string, budget: ReadBudget): { headers: string[]; body: string } {
  const none = { headers: [], body: inner };
  const headers: string[] = [];
  // Behind the rest of the line that begins the block.
  let at = inner.indexOf('\n') + 1;
  while (at > 0) {
    const next = inner.indexOf('\n', at) + 1;
    if (next === 0) return none;
    const line = inner.slice(at, next);
    at = next;
    if (headers.length === 0 && !line.includes(':')) return none;
    if (line.trim() === '') return { headers, body: inner.slice(at) };
    budget.spendElement();
    headers.push(line);
  }
  return none;
}
