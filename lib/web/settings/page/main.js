import { ask, close, listen, onLocked, open } from './api.js';
import { byId, element } from './dom.js';
import * as form from './form.js';
import { addEntry } from './log.js';
import { showStatus } from './status.js';

let settings = null;

function lock(reason) {
  byId('app').hidden = true;
  byId('sign-out').hidden = true;
  byId('online').textContent = '';
  if (reason) byId('locked-reason').textContent = reason;
  byId('locked').hidden = false;
  byId('locked').focus();
}

async function loadSettings() {
  const view = await ask('GET', '/api/settings');
  settings = view.settings;
  form.fill(view);
  const notices = byId('notices');
  notices.replaceChildren();
  if (view.damaged !== null) {
    notices.append(
      element(
        'p',
        {},
        `The settings file was damaged. It is kept as ${view.damaged}. These are the defaults.`,
      ),
    );
  }
}

async function loadStatus() {
  showStatus(await ask('GET', '/api/status'), settings);
}

let refreshing = false;
let again = false;

/** Something changed at the server. What a person is typing stays. Many changes at once are one. */
async function refresh() {
  again = true;
  if (refreshing) return;
  refreshing = true;
  try {
    while (again) {
      again = false;
      if (!form.isChanged()) await loadSettings();
      await loadStatus();
    }
  } finally {
    refreshing = false;
  }
}

async function check() {
  if (byId('check').getAttribute('aria-disabled') === 'true' || !(await form.saveIfChanged())) return;
  await ask('POST', '/api/check', {});
  await refresh();
}

async function lookUp() {
  const result = byId('accounts-result');
  result.textContent = 'Asking DNSimple …';
  const token = form.typedSecret('dnsimpleToken');
  const { accounts } = await ask('POST', '/api/dns-accounts', token === '' ? {} : { token });
  byId('accounts').replaceChildren(...accounts.map(({ id, name }) => element('option', { value: id }, name)));
  const field = byId('dnsimpleAccount');
  if (accounts.length === 1) {
    field.value = accounts[0].id;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }
  result.textContent =
    accounts.map(({ id, name }) => `${id} ${name}`.trim()).join(', ') || 'There is no account.';
}

async function importAll() {
  if (!(await form.saveIfChanged())) return;
  byId('import-result').textContent = 'Importing …';
  const { files } = await ask('POST', '/api/import', {});
  const count = (outcome) => files.filter((file) => file.outcome === outcome).length;
  byId('import-result').textContent =
    files.length === 0
      ? 'There is no certificate.'
      : `${count('imported')} imported, ${count('skipped')} there already, ${count('failed')} failed. The log has the details.`;
}

async function askPorts() {
  byId('ports-result').textContent = 'Looking …';
  const { ports } = await ask('GET', '/api/ports');
  byId('ports-result').textContent = ports
    .map(({ port, owner }) => (owner === null ? `Port ${port} is free.` : `Port ${port}: ${owner}.`))
    .join(' ');
}

/** Runs a button's task, and says beside it if it fails. */
function button(id, task, output) {
  byId(id).addEventListener('click', () => {
    task().catch((error) => {
      const place = byId(output);
      place.hidden = false;
      place.textContent = [error.message, error.advice].filter(Boolean).join('. ');
    });
  });
}

/** Marks the section in view in the navigation. */
function followScroll() {
  const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) seen.add(target.id);
        else seen.delete(target.id);
      }
      const first = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) {
        if (id === first) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    { rootMargin: '-80px 0px -40% 0px' },
  );
  for (const id of links.keys()) observer.observe(byId(id));
}

async function begin() {
  onLocked(lock);
  if (!(await open())) {
    lock();
    return;
  }
  await loadSettings();
  await loadStatus();
  byId('app').hidden = false;
  byId('sign-out').hidden = false;
  followScroll();
  form.begin(loadSettings);
  button('check', check, 'check-result');
  button('look-up', lookUp, 'accounts-result');
  button('import', importAll, 'import-result');
  button('ports', askPorts, 'ports-result');
  byId('sign-out').addEventListener('click', () => void close().then(() => lock('You have locked it.')));
  void listen(
    (event, data) => {
      if (event === 'log') addEntry(data);
      else refresh().catch(() => {});
    },
    (online) => {
      byId('online').textContent = online ? '' : 'No connection to the server';
    },
  );
}

begin().catch((error) => lock(error.message));
