import assert from 'node:assert/strict';
import { check, drawJobs, runsOnWindows } from '../../scripts/draw-proof.mjs';

const page = (...rows) => ['| On Windows | Test | Job |', '|---|---|---|', ...rows, '', 'Text.'].join('\n');

/** The last cell of the only row. */
const jobOf = (row, runs = () => true) =>
  drawJobs(page(`${row} ? |`), runs)
    .split('\n')[2]
    .slice(row.length);

describe('scripts/draw-proof', () => {
  it('is content with the page as it is', () => {
    assert.deepEqual(check(), []);
  });

  it('names the job of a test that asks Windows, and of a check of the doctor', () => {
    assert.equal(jobOf('| keys | `test/live/a.test.ts` |'), ' `test` |');
    assert.equal(jobOf('| keys | `keys.cng-rsa` |'), ' `doctor` |');
    assert.equal(jobOf('| keys | `test/live/a.test.ts`, `keys.cng-rsa` |'), ' `test`, `doctor` |');
  });

  it('names none for a test that does not run there, and for a check that is not tried', () => {
    assert.equal(
      jobOf('| keys | `test/live/a.test.ts` |', () => false),
      ' none |',
    );
    assert.equal(jobOf('| flags | `question.5.pfx-flags`: not tried |'), ' none |');
  });

  it('leaves other tables alone', () => {
    const other = '| a | b |\n|---|---|\n| `test/live/a.test.ts` | c |';
    assert.equal(
      drawJobs(`${page()}\n${other}`, () => true),
      `${page()}\n${other}`,
    );
  });

  describe('takes a test for one that asks a real Windows', () => {
    const runs = (text, helper = '') =>
      runsOnWindows('test/live/a/b.test.ts', (file) => (file === 'test/live/a/b.test.ts' ? text : helper));
    const suite = (hook, rest = '') =>
      `  before(function () {\n    ${hook}\n  });\n  it('x', () => {${rest}});\n`;

    it('if it is a live one', () => {
      assert.equal(
        runsOnWindows('test/unit/a.test.ts', () => suite('')),
        false,
      );
      assert.equal(runs(suite('')), true);
    });

    it('unless it skips all of its tests there', () => {
      for (const hook of [
        "skipOnRealWindows(this, 'the services');",
        "if (!onDouble) skip(this, 'there is no TPM');",
        "await needsPeer(this, 'openssl');",
        'await needsPebble(this);',
      ])
        assert.equal(runs(suite(hook)), false, hook);
    });

    it('if it skips only some, or depends on the version of TLS', () => {
      assert.equal(runs(suite('', "if (!onDouble) skip(this, 'only the double');")), true);
      assert.equal(runs(suite("needsVersion(this, 'TLSv1.3');")), true);
    });

    it('unless a helper of its suite needs a program of Debian', () => {
      const text = `import { requests } from '../../support/requests.js';\n${suite('')}`;
      assert.equal(runs(text, "before(async function () {\n    await needsPeer(this, 'openssl');\n"), false);
      assert.equal(runs(text, 'export const requests = 1;'), true);
    });
  });
});
