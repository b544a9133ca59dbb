import { BaseBlock, fromBER } from 'asn1js';
import { type SchannelError } from '../../base/errors/schannel-error.js';
import { damagedFile } from './damaged-file.js';
import { ReadBudget, tooComplex } from './read-budget.js';

/** One element of ASN.1: views on the bytes it was read from, nothing is copied. */
export interface Element {
  /**
   * Class and number as in the first byte of DER without the constructed bit: 0x04 OCTET STRING, 0x10 SEQUENCE, 0x80
   * [0].
   */
  readonly tag: number;
  readonly constructed: boolean;
  /** The elements inside, without the end mark of an indefinite length. Empty for a primitive element. */
  readonly children: readonly Element[];
  /** The value of a primitive element. */
  readonly content: Uint8Array;
  /** The whole, tag and length included. */
  readonly raw: Uint8Array;
}

/** The deepest part of a PFX is about fifteen levels down. */
const MAX_DEPTH = 48;

/**
 * The element (BER or DER) at the start of the bytes. What follows it is ignored: files padded with zeros or line ends
 * are common.
 *
 * @param budget the file's budget, if the file is read in parts
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED, or ERR_SCHANNEL_IMPORT_TOO_LARGE for absurd nesting, numbers or
 *   names
 */
export function readElement(bytes: Uint8Array, budget = new ReadBudget()): Element {
  // asn1js takes quick paths for a plain Uint8Array, which a Buffer is not.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  budget.spendOn(plain);
  const { offset, result } = decode(plain);
  if (offset === -1) throw refusal(result.error);
  return elementOf(result);
}

function decode(bytes: Uint8Array): ReturnType<typeof fromBER> {
  try {
    return fromBER(bytes, {
      maxDepth: MAX_DEPTH,
      // Both are bounded elsewhere. The defaults would refuse honest files.
      maxNodes: bytes.length,
      maxContentLength: bytes.length,
      // Otherwise it would try to parse the content of each OCTET STRING, which is costly and useless here.
      parseEmbedded: false,
      copyInput: false,
    });
  } catch (cause) {
    // It decodes strings and times immediately, and throws for some (such as a BMPString of odd length).
    throw damagedFile('ASN.1 that cannot be read', cause);
  }
}

const refusal = (reason: string): SchannelError =>
  reason.includes('depth') ? tooComplex() : damagedFile(`ASN.1 that cannot be read (${reason})`);

const CLASS_BITS = [0x00, 0x00, 0x40, 0x80, 0xc0] as const;

function elementOf(block: BaseBlock): Element {
  const { tagClass, tagNumber, isConstructed } = block.idBlock;
  if (tagNumber > 30) throw damagedFile('a tag that has no place there');
  const raw = block.valueBeforeDecodeView;
  const header = block.idBlock.blockLength + block.lenBlock.blockLength;
  return {
    tag: (CLASS_BITS[tagClass] ?? 0) | tagNumber,
    constructed: isConstructed,
    children: isConstructed ? childrenOf(block) : [],
    content: isConstructed ? raw.subarray(0, 0) : raw.subarray(header),
    raw,
  };
}

function childrenOf(block: BaseBlock): Element[] {
  const { value } = block.valueBlock as { value?: unknown };
  if (!Array.isArray(value)) return [];
  return value.map((child: unknown) => {
    if (!isBlock(child)) throw damagedFile('ASN.1 that cannot be read');
    return elementOf(child);
  });
}

const isBlock = (value: unknown): value is BaseBlock => value instanceof BaseBlock;
