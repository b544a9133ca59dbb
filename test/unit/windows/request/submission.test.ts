import assert from 'node:assert/strict';
import { readSubmission } from '#lib/windows/request/submission.js';

describe('windows/request/submission', () => {
  const SENT = { by: 'certreq', authority: 'ca\\Corp CA', id: '26' } as const;

  it('reads what was kept', () => {
    assert.deepEqual(readSubmission(JSON.stringify(SENT)), SENT);
    const est = { by: 'est', authority: 'https://ca.example', id: null };
    assert.deepEqual(readSubmission(JSON.stringify({ ...est, more: 1 })), est);
  });

  for (const [what, text] of [
    ['nothing', null],
    ['no JSON', 'ca\\CA'],
    ['no object', '"est"'],
    ['null', 'null'],
    ['another way', JSON.stringify({ ...SENT, by: 'post' })],
    ['no authority', JSON.stringify({ ...SENT, authority: '' })],
    ['an authority that would control the terminal', JSON.stringify({ ...SENT, authority: 'ca\u001b[2J' })],
    ['an option in place of the number', JSON.stringify({ ...SENT, id: '26 -f' })],
    ['a number that is too long', JSON.stringify({ ...SENT, id: '1'.repeat(129) })],
    ['no number at all', JSON.stringify({ by: 'est', authority: 'https://ca.example' })],
    ['too much', JSON.stringify({ ...SENT, authority: 'a'.repeat(4096) })],
  ] as const) {
    it(`does not believe ${what}`, () => assert.equal(readSubmission(text), null));
  }
});
