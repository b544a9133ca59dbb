import type { Configuration, OptionLine, Place, Section } from '../../../formats/stunnel/configuration.js';
import { faultIn, refusal } from '../../../formats/stunnel/fault.js';
import { optionOf, type StunnelOption } from '../../../formats/stunnel/option-table.js';

/** The longest that a timer of Node can wait. */
const LONGEST_SECONDS = 2_147_483;
const LARGEST = 0x7fffffff;
/** Lines of one option in one section. Defaults are processed again for each section, which multiplies the work. */
const MOST_LINES = 100;

/**
 * What holds for one section: its options, and the defaults for those that it does not have. An option that may be
 * given several times is replaced as a whole, as since stunnel 5.76.
 */
export class SectionOptions {
  private readonly lines = new Map<string, OptionLine[]>();

  constructor(
    readonly name: string,
    readonly place: Place,
    options: readonly OptionLine[],
    defaults: ReadonlyMap<string, OptionLine[]>,
  ) {
    for (const [name, lines] of defaults) this.lines.set(name, lines);
    for (const [name, lines] of byName(options)) this.lines.set(name, lines);
  }

  /** Every line of an option that may be given several times. */
  all(name: string): readonly OptionLine[] {
    return this.lines.get(name) ?? [];
  }

  /** The line that counts. */
  last(name: string): OptionLine | undefined {
    return this.lines.get(name)?.at(-1);
  }

  text(name: string): string | undefined {
    return this.last(name)?.value;
  }

  /** Undefined if it is not given. */
  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    return value === undefined ? undefined : value === 'yes';
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The value of an option with a list of values, in lower case. */
  word(name: string): string | undefined {
    return this.text(name)?.toLowerCase();
  }

  /** Every option that is given, with its lines. */
  entries(): IterableIterator<[string, OptionLine[]]> {
    return this.lines.entries();
  }
}

/**
 * The sections with their options, checked one by one: values have the right form, and what can't be honoured is
 * refused.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function sectionsOf({ head, sections }: Configuration): readonly SectionOptions[] {
  for (const option of head) check(option);
  const defaults = new Map([...byName(head)].filter(([name]) => optionOf(name)?.scope !== 'global'));
  return sections.map(({ name, place, options }: Section) => {
    for (const option of options) check(option);
    return new SectionOptions(name, place, options, defaults);
  });
}

function byName(options: readonly OptionLine[]): Map<string, OptionLine[]> {
  const lines = new Map<string, OptionLine[]>();
  for (const option of options) {
    const known = lines.get(option.name);
    if (known === undefined) lines.set(option.name, [option]);
    else if (known.length < MOST_LINES) known.push(option);
    else throw faultIn(option, `The option is given more than ${String(MOST_LINES)} times`);
  }
  return lines;
}

function check(option: OptionLine): void {
  const known = optionOf(option.name);
  if (known === null) throw faultIn(option, 'Specified option name is not valid here');
  checkValue(option, known);
  if (known.treatment !== 'refused' || known.harmless.includes(option.value.toLowerCase())) return;
  throw refusal(option, known.meaning, known.instead);
}

function checkValue(option: OptionLine, { value: form }: StunnelOption): void {
  const value = option.value.toLowerCase();
  if (form === 'text') return;
  if (form === 'flag') {
    if (value !== 'yes' && value !== 'no')
      throw faultIn(option, "The argument needs to be either 'yes' or 'no'");
  } else if (typeof form !== 'string') {
    if (!form.includes(value)) throw faultIn(option, `The argument is one of ${form.join(', ')}`);
  } else {
    const most = form === 'seconds' ? LONGEST_SECONDS : LARGEST;
    if (!/^\d{1,10}$/.test(value) || Number(value) > most) {
      throw faultIn(option, `The argument is a number from 0 to ${String(most)}`);
    }
  }
}
