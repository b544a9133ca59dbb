/** The layout of the demo: headings, commands, and what they print, set in. */
export class Page {
  #out;
  #colour;

  constructor(out = process.stdout, env = process.env) {
    this.#out = out;
    this.#colour = out.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  }

  heading(text) {
    this.#line(`\n${this.#mark(1, text)}`);
  }

  text(text) {
    this.#line(text);
  }

  /** A command as a person would type it. */
  command(words) {
    const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`));
    this.#line(this.#mark(36, `$ ${quoted.join(' ')}`));
  }

  /** What a program printed, or a file holds. */
  block(text) {
    for (const line of text.trimEnd().split(/\r?\n/)) this.#line(`  ${this.#mark(2, '│')} ${line}`.trimEnd());
  }

  /** Something that was checked. */
  check(holds, text) {
    this.#line(holds ? `${this.#mark(32, '✔')} ${text}` : `${this.#mark(31, '✘')} ${text}`);
  }

  #mark(code, text) {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #line(text) {
    this.#out.write(`${text}\n`);
  }
}
