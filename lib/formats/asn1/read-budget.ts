import { SchannelError } from '../../base/errors/schannel-error.js';
import { measure, type Measure } from './measure.js';

/**
 * What one file may take: a thousand bags have about twenty thousand elements, and strings in pieces of a kilobyte add
 * a few thousand. A thousand certificates in a P7B have sixty thousand elements, 100 KB of identifiers and 300 KB of
 * texts and times. Either takes less than 200 ms.
 */
export const READ_LIMITS: Measure = Object.freeze({
  elements: 65_536,
  identifierBytes: 160 << 10,
  textBytes: 512 << 10,
});

/** Limits what decoding one file may cost, over all of its parts. */
export class ReadBudget {
  readonly #limits: Measure;
  #spent: Measure = { elements: 0, identifierBytes: 0, textBytes: 0 };
  #measured = 0;

  constructor(limits: Measure = READ_LIMITS) {
    this.#limits = limits;
  }

  /** What was decoded. */
  get spent(): Measure {
    return this.#spent;
  }

  /**
   * Elements that were measured to estimate the cost of decoding. Measuring is a hundred times faster than decoding.
   */
  get measured(): number {
    return this.#measured;
  }

  /** Call this before ASN.1 is decoded. @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE */
  spendOn(bytes: Uint8Array): void {
    const cost = measure(
      bytes,
      combine(this.#limits, this.#spent, (limit, spent) => limit - spent),
    );
    this.#measured += cost.elements;
    this.#spend(cost);
  }

  /** Call this for what counts as an element of ASN.1. @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE */
  spendElement(): void {
    this.#spend({ elements: 1, identifierBytes: 0, textBytes: 0 });
  }

  #spend(cost: Measure): void {
    const spent = combine(this.#spent, cost, (before, more) => before + more);
    const { elements, identifierBytes, textBytes } = this.#limits;
    const isWithin =
      spent.elements <= elements && spent.identifierBytes <= identifierBytes && spent.textBytes <= textBytes;
    if (!isWithin) throw tooComplex();
    this.#spent = spent;
  }
}

const combine = (one: Measure, other: Measure, by: (one: number, other: number) => number): Measure => ({
  elements: by(one.elements, other.elements),
  identifierBytes: by(one.identifierBytes, other.identifierBytes),
  textBytes: by(one.textBytes, other.textBytes),
});

/** ERR_SCHANNEL_IMPORT_TOO_LARGE for reasons other than the number of bytes. */
export const tooComplex = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    'The file is nested too deeply, or has too many parts or absurd names',
    { advice: 'It is damaged, or made to exhaust the program that reads it.' },
  );
