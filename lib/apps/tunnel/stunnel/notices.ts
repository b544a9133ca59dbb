import type { OptionLine, Place } from '../../../formats/stunnel/configuration.js';
import { lineText, placeText, sectionText } from '../../../formats/stunnel/fault.js';
import type { StunnelNotice } from './plan.js';

/** Collects what a person should know, once for each text. */
export class Notices {
  private readonly byText = new Map<string, StunnelNotice>();

  /** About a line. */
  note(option: OptionLine, what: string, level: StunnelNotice['level'] = 'notice'): void {
    this.add(level, option.place, `${lineText(option)}: ${what}`);
  }

  /** About a section. */
  say(level: StunnelNotice['level'], place: Place, name: string, what: string): void {
    this.add(level, place, `Service ${sectionText(name)}: ${what}`);
  }

  list(): readonly StunnelNotice[] {
    return [...this.byText.values()];
  }

  private add(level: StunnelNotice['level'], place: Place, what: string): void {
    const text = `${placeText(place)}: ${what}`;
    if (!this.byText.has(text)) this.byText.set(text, { level, place, text });
  }
}
