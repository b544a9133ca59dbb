import { SchannelError } from '../errors/schannel-error.js';
import { type Measure } from './measure.js';

/** A thousand bags are about twenty thousand elements, and strings in pieces of a kilobyte add some thousand. */
const MAX_ELEMENTS = 65_536;

/** A thousand certificates in a P7B have some 400 KB of identifiers, texts and times. */
const MAX_DECODED_BYTES = 1 << 19;

/** Bounds what decoding one file may cost, over all the parts in which it is decoded. */
export class ReadBudget {
  #elements = MAX_ELEMENTS;
  #decodedBytes = MAX_DECODED_BYTES;

  /** To be called before decoding. @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE */
  spend({ elements, decodedBytes }: Measure): void {
    this.#elements -= elements;
    this.#decodedBytes -= decodedBytes;
    if (this.#elements < 0 || this.#decodedBytes < 0) throw tooComplex();
  }
}

/** ERR_SCHANNEL_IMPORT_TOO_LARGE for what is not the number of bytes. */
export const tooComplex = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    'The file is built too deep, of too many parts or of absurd names',
    { advice: 'It is damaged, or made to exhaust whoever reads it.' },
  );
