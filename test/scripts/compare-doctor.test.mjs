import assert from 'node:assert/strict';
import { compare } from '../../scripts/compare-doctor.mjs';

const PAGE = '| Keys | a test | `keys.cng-rsa` |\n| 7 | Which? | `question.7.a` | until then |\n';
const EXPECTED = {
  verdicts: { 'keys.cng-*': ['works'], 'keys.*': ['works', 'absent'], 'question.*': ['found', 'not tried'] },
  answers: {},
};
const report = (id, verdict, text = 'So.') => ({
  format: 'schannel-doctor/1',
  write: true,
  checks: [{ id, verdict, text }],
});
const differences = (...args) => compare(report(...args), EXPECTED, PAGE).differences;

describe('scripts/compare-doctor', () => {
  it('finds nothing where Windows does as expected', () => {
    assert.deepEqual(differences('keys.cng-rsa', 'works'), []);
    assert.deepEqual(differences('keys.tpm-rsa', 'absent'), []);
  });

  it('names the row that a difference changes', () => {
    assert.deepEqual(differences('keys.cng-rsa', 'absent'), [
      'keys.cng-rsa is "absent": So.\n  Expected: works.\n  docs/windows-proof.md: | Keys | a test | `keys.cng-rsa` |',
    ]);
  });

  it('wants each check to be expected', () => {
    assert.deepEqual(differences('other', 'works'), ['other is "works": So.\n  Nothing is expected of it.']);
  });

  it('tells an answer to an open question, and when it is no longer the one that is known', () => {
    const asked = report('question.7.a', 'found', 'Yes.');
    const { differences, news } = compare(asked, EXPECTED, PAGE);
    assert.deepEqual([differences.length, news.length], [0, 1]);
    assert.match(news[0], /An answer to an open question\.\n {2}docs\/windows-proof\.md: \| 7 \| Which\?/);
    const known = (text) => compare(asked, { ...EXPECTED, answers: { 'question.7.a': text } }, PAGE);
    assert.deepEqual(known('Yes.'), { differences: [], news: [] });
    assert.match(known('No.').differences[0], /The known answer is: No\./);
  });

  it('refuses a report without --write', () => {
    const only = { ...report('keys.cng-rsa', 'works'), write: false };
    assert.deepEqual(compare(only, EXPECTED, PAGE).differences, [
      'This is no report of schannel doctor --write --json.',
    ]);
  });
});
