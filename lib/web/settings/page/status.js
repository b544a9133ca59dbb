import { byId, date, element, relative, time } from './dom.js';

/** The certificates: one card each. */

const STATES = {
  valid: ['good', 'Valid'],
  due: ['soon', 'Renewal due'],
  working: ['soon', 'In progress'],
  missing: ['soon', 'Not there yet'],
  failing: ['bad', 'Failing'],
};

const NAME_STATES = { confirmed: 'confirmed', waiting: 'waiting', failed: 'failed' };

export function showStatus({ checking, certificates, failure }, settings) {
  const button = byId('check');
  // It keeps the focus, which a disabled button would lose.
  button.setAttribute('aria-disabled', String(checking));
  button.classList.toggle('busy', checking);
  button.textContent = checking ? 'Checking …' : 'Check / Get certificates';
  byId('summary').textContent = summaryOf(checking, certificates, settings);
  const problem = byId('check-result');
  problem.hidden = failure === null;
  problem.textContent = failure === null ? '' : textOf(failure);
  byId('cards').replaceChildren(...certificates.map((each) => card(each, settings)));
}

const textOf = ({ message, advice }) =>
  `${message.replace(/\.$/, '')}.${advice === null ? '' : ` ${advice}`}`;

function summaryOf(checking, certificates, { names, testing }) {
  if (names.length === 0) return 'Enter the names of your website below, and save.';
  if (checking) return 'The authority is being asked. The log below says what happens.';
  const good = certificates.filter(({ state }) => state === 'valid').length;
  if (good < certificates.length || good === 0) {
    const open = certificates.length - good;
    if (certificates.length === 0) return 'No certificate yet.';
    return open === 1 ? 'One certificate needs your attention.' : `${open} certificates need your attention.`;
  }
  return testing
    ? 'Everything works with the testing server. Switch it off to get certificates that browsers trust.'
    : 'Everything is in order. Certificates are renewed in time.';
}

function card(certificate, { testing }) {
  const { names, state, notAfter, next, reason, issuer, thumbprint, failure } = certificate;
  const [tone, word] = STATES[state];
  const title = element('h2', {}, names[0].name);
  const head = element(
    'div',
    { class: 'card-head' },
    title,
    element('span', { class: `badge ${tone}` }, word),
  );
  if (testing && notAfter !== null) head.append(element('span', { class: 'badge test' }, 'Test'));
  const facts = element('dl', {});
  const fact = (term, ...content) => {
    facts.append(element('div', {}, element('dt', {}, term), element('dd', {}, ...content)));
  };
  if (notAfter !== null) fact('Valid until', time(notAfter, `${date(notAfter)}, ${relative(notAfter)}`));
  if (next !== null) {
    fact('Next', time(next, `${date(next)}, ${relative(next)}`), element('span', { class: 'why' }, reason));
  } else if (reason !== '') fact('Next', reason);
  if (issuer !== null) fact('Issued by', issuer);
  if (thumbprint !== null) fact('Thumbprint', element('code', {}, thumbprint));
  const list = element('ul', { class: 'names', 'aria-label': 'Names' });
  for (const { name, state: kind, problem } of names) {
    list.append(
      element(
        'li',
        { class: kind },
        element('span', { class: 'name' }, name),
        element('span', { class: 'name-state' }, problem ?? NAME_STATES[kind]),
      ),
    );
  }
  const parts = [head, list, facts];
  if (failure !== null) {
    parts.push(
      element(
        'p',
        { class: 'problem' },
        element(
          'b',
          {},
          ...(failure.at === null ? ['Failed'] : ['Failed ', time(failure.at, relative(failure.at))]),
          ': ',
        ),
        textOf(failure),
      ),
    );
  }
  return element('li', { class: 'card' }, ...parts);
}
