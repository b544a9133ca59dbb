import assert from 'node:assert/strict';
import { whyNoClangFormat } from '../../scripts/suites/lint.mjs';

describe('scripts/suites/lint', () => {
  for (const [text, reason] of [
    ['Debian clang-format version 14.0.6\n', null],
    ['clang-format version 20.1.8\r\n', 'clang-format is 20 here, and the sources are formatted by 14'],
    [null, 'clang-format is not installed'],
  ]) {
    it(`formats C++ by one version of clang-format: ${String(text).trim()}`, async () => {
      assert.equal(await whyNoClangFormat(async () => text), reason);
    });
  }
});
