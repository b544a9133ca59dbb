/** Elements and words. What the server says becomes text, never markup. */

export const byId = (id) => document.getElementById(id);

/** @param {(Node | string)[]} children */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const date = (iso) => DATE.format(new Date(iso));
export const moment = (iso) => MOMENT.format(new Date(iso));
export const clock = (iso) => CLOCK.format(new Date(iso));

/** 'in 63 days', 'in 5 hours', 'yesterday' */
export function relative(iso) {
  const minutes = (new Date(iso).getTime() - Date.now()) / 60_000;
  for (const [unit, length] of [
    ['day', 1440],
    ['hour', 60],
    ['minute', 1],
  ]) {
    if (Math.abs(minutes) >= length * 1.5 || unit === 'minute') {
      return RELATIVE.format(Math.round(minutes / length), unit);
    }
  }
}

export const time = (iso, text) => element('time', { datetime: iso, title: moment(iso) }, text);
