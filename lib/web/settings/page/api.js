/** The server of this page: JSON with a key, which only this tab has. */

const KEY = 'key';

export class Refusal extends Error {
  /** @param {{ code: string, message: string, advice: string | null, reasons: string[] }} error */
  constructor({ code, message, advice, reasons }) {
    super(message);
    this.code = code;
    this.advice = advice;
    this.reasons = reasons;
  }
}

/** Of every request that the server no longer lets in. */
let whenLocked = () => {};

export function onLocked(callback) {
  whenLocked = callback;
}

const LINK = /^#[\w-]{40,}$/;

// A new link in a tab that has the page already changes only what is behind the #.
addEventListener('hashchange', () => {
  if (LINK.test(location.hash)) location.reload();
});

/** Exchanges the link in the address for a key. The link works once, so it leaves the address and the history. */
export async function open() {
  if (LINK.test(location.hash)) {
    const link = location.hash.slice(1);
    history.replaceState(null, '', location.pathname);
    const { key } = await ask('POST', '/api/session', { link });
    sessionStorage.setItem(KEY, key);
  }
  return sessionStorage.getItem(KEY) !== null;
}

export async function close() {
  await ask('DELETE', '/api/session', {}).catch(() => {});
  sessionStorage.removeItem(KEY);
}

const headers = () => {
  const key = sessionStorage.getItem(KEY);
  return key === null ? {} : { authorization: `Bearer ${key}` };
};

export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { ...headers(), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  });
  const document = await response.json();
  if (response.ok) return document;
  if (response.status === 401) {
    sessionStorage.removeItem(KEY);
    whenLocked(document.error.message);
  }
  throw new Refusal(document.error);
}

/**
 * Calls back with each event of the server, for as long as the page is open. EventSource can't send the key.
 * @param {(event: string, data: unknown) => void} receive
 * @param {(online: boolean) => void} state
 */
export async function listen(receive, state) {
  let last = 0;
  for (;;) {
    try {
      const response = await fetch(`/api/events?after=${last}`, { headers: headers(), credentials: 'omit' });
      if (response.status === 401) {
        sessionStorage.removeItem(KEY);
        whenLocked('The key has ended.');
        return;
      }
      state(true);
      for await (const { event, id, data } of eventsIn(response.body)) {
        if (id !== null) last = Number(id);
        receive(event, data);
      }
    } catch {
      // The server is gone, or the machine slept.
    }
    state(false);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

async function* eventsIn(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (text + value).split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const field = (name) => part.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1] ?? null;
      const [event, data] = [field('event'), field('data')];
      if (event !== null && data !== null) yield { event, id: field('id'), data: JSON.parse(data) };
    }
  }
}
