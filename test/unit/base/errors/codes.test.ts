import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHANNEL_ERROR_CODES } from '#lib/base/errors/codes.js';
import { VERIFY_TEXTS } from '#lib/windows/trust/verify-texts.js';

const repository = join(__dirname, '..', '..', '..', '..');

/** Every code that a file of lib other than the table names. */
function usedCodes(): ReadonlySet<string> {
  const files = readdirSync(join(repository, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('codes.ts'))
    .map((file) => readFileSync(join(repository, 'lib', file), 'utf8'));
  return new Set(files.flatMap((text) => text.match(/(?<=')ERR_SCHANNEL_[A-Z_]*[A-Z](?=')/g) ?? []));
}

describe('base/errors/codes', () => {
  it('lists every code that the library uses, and no other', () => {
    assert.deepEqual([...usedCodes()].sort(), Object.keys(SCHANNEL_ERROR_CODES).sort());
  });

  it('has codes that belong to a family', () => {
    for (const code of Object.keys(SCHANNEL_ERROR_CODES)) {
      assert.match(
        code,
        /^ERR_SCHANNEL_(ACME|BINDING|CA|DNS|ENROL|IMPORT|KEY|OPTION|PEER|POLICY|PROBE|PROXY|REQUEST|SECRET|SERVICE|SETTINGS|SIGN|STARTTLS|STORE|SYSTEM|TUNNEL|UNSUPPORTED|USAGE)_[A-Z_]+$/,
      );
    }
  });

  it('explains each code in full sentences', () => {
    for (const { meaning, remedy } of Object.values(SCHANNEL_ERROR_CODES)) {
      for (const text of [meaning, remedy]) {
        assert.match(text, /^[A-Z`].*[^.]\.$/);
        assert.equal((text.match(/`/g) ?? []).length % 2, 0, text);
      }
    }
  });

  it('leaves the codes of trust failures to docs/errors.md', () => {
    const page = readFileSync(join(repository, 'docs', 'errors.md'), 'utf8');
    for (const code of Object.keys(VERIFY_TEXTS)) assert.ok(page.includes(`\`${code}\``), code);
  });
});
