import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHANNEL_ERROR_CODES } from '#lib/base/errors/codes.js';
import { VERIFY_TEXTS } from '#lib/windows/trust/verify-texts.js';

const repository = join(__dirname, '..', '..', '..', '..');

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

describe('base/errors/codes', () => {
  it('lists every code that the library throws', () => {
    const thrown = new Set<string>();
    for (const file of sources(join(repository, 'lib'))) {
      for (const [, code] of readFileSync(file, 'utf8').matchAll(/'(ERR_SCHANNEL_[A-Z_]*[A-Z])'/g))
        thrown.add(code ?? '');
    }
    const unlisted = [...thrown].filter((code) => !(code in SCHANNEL_ERROR_CODES));
    assert.deepEqual(unlisted, []);
    assert.ok(thrown.size > 10);
  });

  it('belongs to a family and is one sentence each', () => {
    for (const [code, sentence] of Object.entries(SCHANNEL_ERROR_CODES)) {
      assert.match(
        code,
        /^ERR_SCHANNEL_(IMPORT|KEY|OPTION|PEER|STARTTLS|STORE|SYSTEM|UNSUPPORTED|USAGE)_[A-Z_]+$/,
      );
      assert.match(sentence, /^[A-Z][^.]*\.$/);
    }
  });

  it('is explained in docs/errors.md, as the codes of trust failures are', () => {
    const page = readFileSync(join(repository, 'docs', 'errors.md'), 'utf8');
    for (const code of [...Object.keys(SCHANNEL_ERROR_CODES), ...Object.keys(VERIFY_TEXTS)]) {
      assert.ok(page.includes(`\`${code}\``), code);
    }
  });
});
