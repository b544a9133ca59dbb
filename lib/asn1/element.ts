import { BaseBlock, fromBER } from 'asn1js';
import { SchannelError } from '../errors/schannel-error.js';
import { damaged } from './damaged.js';

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

/**
 * More than any honest file has. The deepest part of a PFX lies some fifteen levels down; a thousand bags are about
 * twenty thousand elements, and strings in pieces of a kilobyte add some thousand.
 */
const MAX_DEPTH = 48;
const MAX_ELEMENTS = 65_536;

/**
 * The element (BER or DER) that the bytes begin with. What follows it is left alone: files padded with zeros or
 * line ends are common.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED, or ERR_SCHANNEL_IMPORT_TOO_LARGE for absurd nesting
 */
export function readElement(bytes: Uint8Array): Element {
  // asn1js takes quick paths for a plain Uint8Array, which a Buffer is not.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset, result } = decode(plain);
  if (offset === -1) throw refusal(result.error);
  return elementOf(result);
}

function decode(bytes: Uint8Array): ReturnType<typeof fromBER> {
  try {
    return fromBER(bytes, {
      maxDepth: MAX_DEPTH,
      maxNodes: MAX_ELEMENTS,
      // Nothing that is there is longer; its own default would refuse an honest file under a higher limit.
      maxContentLength: bytes.length,
      // Else it would try whether each OCTET STRING holds ASN.1, which is costly and of no use here.
      parseEmbedded: false,
      copyInput: false,
    });
  } catch (cause) {
    // It decodes the values of strings and times at once, and throws over some (a BMPString of an odd length).
    throw damaged('ASN.1 that cannot be read', cause);
  }
}

function refusal(reason: string): SchannelError {
  if (!/depth|node count/.test(reason)) return damaged(`ASN.1 that cannot be read (${reason})`);
  return new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    'The file is built too deep or of too many parts',
    {
      advice: 'It is damaged, or made to exhaust whoever reads it.',
    },
  );
}

const CLASS_BITS = [0x00, 0x00, 0x40, 0x80, 0xc0] as const;

function elementOf(block: BaseBlock): Element {
  const { tagClass, tagNumber, isConstructed } = block.idBlock;
  if (tagNumber > 30) throw damaged('a tag that has no place there');
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
    if (!isBlock(child)) throw damaged('ASN.1 that cannot be read');
    return elementOf(child);
  });
}

const isBlock = (value: unknown): value is BaseBlock => value instanceof BaseBlock;
