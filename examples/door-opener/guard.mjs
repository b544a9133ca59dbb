import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Compares PINs, and stops who guesses. Tries are counted for each certificate: an address is shared by many, and
 * changes.
 */
export function createGuard({ pin, tries, pause, now = Date.now }) {
  if (!pin) throw new Error('DOOR_PIN must have the PIN');
  const secret = randomBytes(32);
  const digest = (what, value) => createHmac('sha256', secret).update(`${what}\0${value}`).digest();
  const right = digest('pin', pin);
  /** Wrong tries, and the end of the pause, by certificate. Only who has a certificate gets here, so it stays small. */
  const wrong = new Map();
  const tokenFor = (key) => digest('token', key).toString('base64url');

  return {
    /** What a form carries, so that no other page can send one in somebody's name. */
    tokenFor,
    /** @returns {'right' | 'wrong' | 'waits' | 'stranger'} */
    judge(key, token, given) {
      if (!same(digest('form', token), digest('form', tokenFor(key)))) return 'stranger';
      const { count = 0, until = 0 } = wrong.get(key) ?? {};
      if (now() < until) return 'waits';
      if (same(digest('pin', given), right)) {
        wrong.delete(key);
        return 'right';
      }
      const isLast = count + 1 >= tries;
      wrong.set(key, isLast ? { count: 0, until: now() + pause } : { count: count + 1 });
      return 'wrong';
    },
  };
}

/** Digests have the same length, and their comparison takes the same time whatever they are. */
const same = (one, other) => timingSafeEqual(one, other);
