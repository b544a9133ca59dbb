import { ratio, spread } from './statistics.mjs';

/** One measured quantity: a sample for each contestant and round. */
export class Figure {
  /** @type {Map<string, number[]>} */
  #samples = new Map();

  /**
   * @param {string} id e.g. 'tcp.download.65536'
   * @param {string} title what the table says
   * @param {string} unit e.g. 'MB/s'
   */
  constructor(id, title, unit) {
    this.id = id;
    this.title = title;
    this.unit = unit;
  }

  /**
   * @param {string} contestant
   * @param {number} sample
   */
  add(contestant, sample) {
    const samples = this.#samples.get(contestant);
    if (samples === undefined) this.#samples.set(contestant, [sample]);
    else samples.push(sample);
  }

  /** The contestant's median, min and max; null if it did not take part. */
  spread(contestant) {
    const samples = this.#samples.get(contestant);
    return samples === undefined ? null : spread(samples);
  }

  /** How `contestant` compares with `baseline`; null if one of them did not take part. */
  ratio(contestant, baseline) {
    const samples = this.#samples.get(contestant);
    const others = this.#samples.get(baseline);
    return samples === undefined || others === undefined ? null : ratio(samples, others);
  }

  toJSON() {
    const contestants = {};
    for (const [name, samples] of this.#samples) contestants[name] = { ...spread(samples), samples };
    return { id: this.id, title: this.title, unit: this.unit, contestants };
  }
}

/** The figures of one group of cases. They are created on first use and kept in that order. */
export class Figures {
  /** @type {Map<string, Figure>} */
  #figures = new Map();

  get(id, title, unit) {
    let figure = this.#figures.get(id);
    if (figure === undefined) this.#figures.set(id, (figure = new Figure(id, title, unit)));
    return figure;
  }

  find(id) {
    return this.#figures.get(id) ?? null;
  }

  [Symbol.iterator]() {
    return this.#figures.values();
  }
}
