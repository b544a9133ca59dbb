import { BaseBlock, fromBER } from 'asn1js';
import { type SchannelError } from '../../base/errors/schannel-error.js';
import { damagedFile } from './damaged-file.js';
import { ReadBudget, tooComplex } from './read-budget.js';

/** One element of ASN.1: views on the bytes it was read from, nothing is copied. */
export interface Element {
  /** Class and number as in the first byte of DER without the constructed bit: 0x04 OCTET STRING, 0x10 SEQUENCE, 0x80 [0]. */
  readonly tag: number;
  readonly constructed: boolean;
  /** What stands inside; without the end mark where the length is indefinite. Empty for a primitive element. */
  readonly children: readonly Element[];
  /** The value of a primitive element. */
  readonly content: Uint8Array;
  /** The whole, tag and length included. */
  readonly raw: Uint8Array;
}

/** The deepest part of a PFX lies some fifteen levels down. */
const MAX_DEPTH = 48;

/**
 * The element (BER or DER) that the bytes begin with. What follows it is left alone: files padded with zeros or
 * line ends are common.
 *
 * @param budget that of the file, where it is read in parts
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED, or ERR_SCHANNEL_IMPORT_TOO_LARGE for absurd
 * nesting, numbers or names
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
      // Both are bounded already, in other ways; its own defaults would refuse honest files.
      maxNodes: bytes.length,
      maxContentLength: bytes.length,
      // Else it would try whether each OCTET STRING holds ASN.1, which is costly and of no use here.
      parseEmbedded: false,
      copyInput: false,
    });
  } catch (cause) {
    // It decodes the values of strings and times at once, and throws over some (a BMPString of an odd length).
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
