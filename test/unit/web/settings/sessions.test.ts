import assert from 'node:assert/strict';
import { IDLE_MS, LINK_MS, Sessions } from '#lib/web/settings/sessions.js';

describe('web/settings/sessions', () => {
  let now: number;
  let sessions: Sessions;
  beforeEach(() => {
    now = 0;
    sessions = new Sessions(() => now);
  });

  it('gives a key for a link, once', () => {
    const link = sessions.link();
    const key = sessions.exchange(link);
    assert.ok(key !== null && sessions.has(key, false));
    assert.notEqual(key, link);
    assert.equal(sessions.exchange(link), null);
  });

  it('ends a link after ten minutes, and a key eight hours after its last use', () => {
    const [early, late] = [sessions.link(), sessions.link()];
    now = LINK_MS - 1;
    const key = sessions.exchange(early) ?? '';
    now = LINK_MS;
    assert.equal(sessions.exchange(late), null);
    now = LINK_MS - 2 + IDLE_MS;
    assert.ok(sessions.has(key, true));
    now += IDLE_MS - 1;
    assert.ok(sessions.has(key, false));
    now += 1;
    assert.ok(!sessions.has(key, true));
  });

  it('takes no link for a key, and no key for a link', () => {
    const link = sessions.link();
    assert.ok(!sessions.has(link, true));
    const key = sessions.exchange(link) ?? '';
    assert.equal(sessions.exchange(key), null);
    assert.ok(sessions.has(key, true));
  });

  it('keeps at most 32 links: the oldest goes', () => {
    const links = Array.from({ length: 33 }, () => sessions.link());
    assert.equal(sessions.exchange(links[0] ?? ''), null);
    assert.notEqual(sessions.exchange(links[1] ?? ''), null);
  });
});
