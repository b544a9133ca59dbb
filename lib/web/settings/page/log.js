import { byId, clock, element, time } from './dom.js';

/** The log, newest first. It never moves the focus. */

const MOST = 500;
const list = byId('log');

export function addEntry({ time: at, level, text, name, order, code, problem }) {
  const item = element(
    'li',
    { class: level },
    time(at, clock(at)),
    element('span', { class: 'what' }, ...(name === null ? [] : [element('b', {}, name), ' ']), text),
  );
  const more = [
    ['Code', code],
    ['Order', order],
    ['Problem', problem?.type],
    ['The authority says', problem?.detail],
    ...(problem?.subproblems ?? []).map((each) => [each.name, each.detail]),
  ].filter(([, value]) => value);
  if (more.length > 0) {
    const facts = element('dl', {});
    for (const [term, value] of more) {
      facts.append(element('div', {}, element('dt', {}, term), element('dd', {}, value)));
    }
    item.append(element('details', {}, element('summary', {}, 'Details'), facts));
  }
  list.prepend(item);
  while (list.childElementCount > MOST) list.lastElementChild.remove();
}
