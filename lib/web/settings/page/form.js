import { ask } from './api.js';
import { byId, date, element } from './dom.js';

/** The form: what is set, and what a person has changed. */

const form = byId('form');
const bar = byId('save-bar');
const state = byId('save-state');

/** Controls by the name of their setting. */
const controls = new Map();
const secrets = new Map();
for (const control of form.querySelectorAll('input[id], select[id], textarea[id]')) {
  (control.hasAttribute('data-secret') ? secrets : controls).set(control.id, control);
}
const challenges = [...form.querySelectorAll('input[name=challenge]')];

/** What the server has. @type {Record<string, unknown>} */
let saved = {};
/** Secrets that will be removed. */
const removed = new Set();

const LISTS = {
  names: {
    show: (names) => names.map((each) => each.join(', ')).join('\n'),
    read: (text) => lines(text).map((line) => line.split(/[\s,;]+/).filter(Boolean)),
  },
  hookArguments: { show: (items) => items.join('\n'), read: (text) => text.split('\n').filter(Boolean) },
};

const lines = (text) => text.split('\n').filter((line) => /[^\s,;]/.test(line));

function valueOf(name, control) {
  if (name in LISTS) return LISTS[name].read(control.value);
  if (control.type === 'checkbox') return control.checked;
  if (control.hasAttribute('data-number')) return control.value === '' ? null : Number(control.value);
  return control.value.trim();
}

function show(name, control, value) {
  if (name in LISTS) control.value = LISTS[name].show(value);
  else if (control.type === 'checkbox') control.checked = value;
  else control.value = value;
}

/** @returns {Record<string, unknown>} the settings as the form has them */
function current() {
  const values = Object.fromEntries([...controls].map(([name, control]) => [name, valueOf(name, control)]));
  return { ...values, challenge: challenges.find(({ checked }) => checked)?.value };
}

/** What differs from the server. */
function changes() {
  const now = current();
  const settings = Object.fromEntries(
    Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(saved[name])),
  );
  const typed = [...secrets].flatMap(([name, { value }]) => (value === '' ? [] : [[name, value]]));
  const gone = [...removed].map((name) => [name, null]);
  return { settings, secrets: Object.fromEntries([...gone, ...typed]) };
}

export function isChanged() {
  const { settings, secrets: typed } = changes();
  return Object.keys(settings).length + Object.keys(typed).length > 0;
}

/** Shows what the server has. What a person has changed is lost. */
export function fill({ settings, secrets: states, environment, faults }) {
  saved = settings;
  removed.clear();
  for (const [name, control] of controls) show(name, control, settings[name]);
  for (const radio of challenges) radio.checked = radio.value === settings.challenge;
  for (const [name, control] of secrets) {
    control.value = '';
    showSecret(name, control, states[name]);
  }
  for (const [name, control] of [...controls, ...secrets]) {
    const variable = environment[name];
    control.disabled = variable !== undefined;
    note(control, 'variable', variable === undefined ? null : `Set by ${variable} in the environment.`);
  }
  for (const radio of challenges) radio.disabled = environment.challenge !== undefined;
  showFaults(faults);
  update();
}

function showSecret(name, control, { state: kind, at }) {
  const texts = {
    missing: 'Not set.',
    set: `Set on ${at === null ? '' : date(at)}. Type to replace it.`,
    environment: null,
    unreadable: 'It was set on another machine or by another user: enter it again.',
  };
  control.placeholder = kind === 'set' || kind === 'environment' ? '••••••••' : '';
  const line = note(control, 'secret', texts[kind]);
  line?.classList.toggle('warn', kind === 'unreadable');
  if (kind !== 'set' && kind !== 'unreadable') return;
  const remove = element('button', { type: 'button', class: 'link' }, 'Remove');
  remove.setAttribute('aria-label', `Remove: ${labelOf(control)}`);
  remove.addEventListener('click', () => {
    removed.add(name);
    control.value = '';
    control.placeholder = '';
    note(control, 'secret', 'Will be removed.');
    update();
    control.focus();
  });
  line.append(' ', remove);
}

const labelOf = (control) => form.querySelector(`label[for="${control.id}"]`).textContent;

/** A line below a control, which a screen reader reads with it; null removes it. */
function note(control, kind, text) {
  const id = `${control.id}-${kind}`;
  byId(id)?.remove();
  const described = (control.getAttribute('aria-describedby') ?? '').split(' ').filter((each) => each !== id);
  const line = text === null ? null : element('p', { id, class: kind === 'fault' ? 'fault' : 'hint' }, text);
  if (line !== null) {
    control.closest('.field').append(line);
    described.push(id);
  }
  if (described.join('') === '') control.removeAttribute('aria-describedby');
  else control.setAttribute('aria-describedby', described.filter(Boolean).join(' '));
  return line;
}

/** @param {Record<string, string>} faults half sentences by name */
function showFaults(faults) {
  for (const [name, control] of [...controls, ...secrets]) {
    const fault = faults[name];
    note(control, 'fault', fault === undefined ? null : `It ${fault}.`);
    if (fault === undefined) control.removeAttribute('aria-invalid');
    else control.setAttribute('aria-invalid', 'true');
  }
}

/** Shows what belongs to the choices, and whether there is something to save. */
function update() {
  const now = current();
  for (const part of form.querySelectorAll('[data-when]')) {
    const [name, value] = part.dataset.when.split('=');
    part.hidden = now[name] !== value;
  }
  const changed = isChanged();
  if (bar.hidden && changed) state.textContent = 'There are unsaved changes.';
  bar.hidden = !changed;
}

async function save() {
  const { settings, secrets: typed } = changes();
  state.textContent = 'Saving …';
  try {
    fill(await ask('PUT', '/api/settings', { settings, secrets: typed }));
    return true;
  } catch (error) {
    const faults = Object.fromEntries(
      (error.reasons ?? []).map((reason) => [reason.split(' ', 1)[0], reason.slice(reason.indexOf(' ') + 1)]),
    );
    showFaults(faults);
    const [first] = Object.keys(faults);
    state.textContent =
      first === undefined ? `Not saved: ${error.message}` : 'Not saved: see the marked fields.';
    const control = controls.get(first) ?? secrets.get(first);
    for (let part = control?.parentElement; part; part = part.parentElement) {
      if (part.tagName === 'DETAILS') part.open = true;
    }
    control?.focus();
    return false;
  }
}

/** Before something that goes by the settings. @returns {Promise<boolean>} whether the server has what is shown */
export const saveIfChanged = async () => !isChanged() || (await save());

/** @param {() => Promise<unknown>} reload shows again what the server has */
export function begin(reload) {
  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // The button goes with its bar. What comes next gets the focus; the page stays where it is.
    void save().then((done) => done && byId('check').focus({ preventScroll: true }));
  });
  byId('discard').addEventListener('click', () => void reload());
  addEventListener('beforeunload', (event) => {
    if (isChanged()) event.preventDefault();
  });
}

/** What is typed into the field of a secret; '' for nothing. */
export const typedSecret = (name) => secrets.get(name).value;
