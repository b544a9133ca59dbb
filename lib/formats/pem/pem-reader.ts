import { ReadBudget } from '../asn1/read-budget.js';

/** One block of PEM (RFC 7468). */
export interface PemBlock {
  /** 'CERTIFICATE', 'PRIVATE KEY', … */
  readonly label: string;
  /** What the Base64 stands for; for a key under the old encryption of OpenSSL its ciphertext. */
  readonly der: Buffer;
  /** The block as it is in the text, with its headers. */
  readonly text: string;
  /** Whether it has the header "Proc-Type: 4,ENCRYPTED" (RFC 1421): the old encryption of OpenSSL. */
  readonly encrypted: boolean;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** The longest label in use has 20 characters. */
const MAX_LABEL = 64;

/**
 * The blocks of a PEM text, in order. Other text between and after them is ignored: comments, attributes, line ends of
 * any kind, a byte order mark. A block without an end line is left out, as is a line that only starts like a block.
 *
 * @param budget each start of a block and each header counts as one element
 * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function splitPem(text: string, budget = new ReadBudget()): PemBlock[] {
  const blocks: PemBlock[] = [];
  // Searched with indexOf: a hostile text could make a regular expression backtrack again and again.
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

/** The block at the start of a text that contains no other start. */
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
 * The headers, which end with an empty line (RFC 1421 §4.4), and what follows them. The first header has a colon,
 * which Base64 does not have.
 */
function splitHeaders(inner: string, budget: ReadBudget): { headers: string[]; body: string } {
  const none = { headers: [], body: inner };
  const headers: string[] = [];
  // After the rest of the line that starts the block.
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
