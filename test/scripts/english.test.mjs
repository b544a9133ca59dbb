import assert from 'node:assert/strict';
import { compare } from '../../scripts/check-english.mjs';

describe('scripts/check-english', () => {
  it('says where a phrase is and what to write instead', () => {
    assert.deepEqual(compare('docs/page.md', 'Fine.\n\nTrusts these alone.\n'), [
      'docs/page.md:3: "alone". Better: put "only" before the noun',
    ]);
  });

  it('leaves a sound use of the same word alone', () => {
    assert.deepEqual(
      compare('docs/page.md', 'Leave them alone. Leaves other keys alone. A stand-alone file.\n'),
      [],
    );
    assert.deepEqual(
      compare('docs/page.md', 'Both are all the same. What is meant by it. It tells them apart.\n'),
      [],
    );
  });

  it('finds a phrase that a line break divides', () => {
    const comment = '/**\n * Waits for\n * ever, and\n * then ends.\n */\n';
    assert.deepEqual(compare('lib/some.ts', comment), [
      'lib/some.ts:2: "for ever". Better: "forever", "without a limit"',
    ]);
    assert.equal(compare('native/some.cc', '// waits for\n// ever\n').length, 1);
  });

  it('reads the strings of sources and passes over what Markdown shows as code', () => {
    assert.equal(compare('lib/some.ts', "throw new Error('waits for ever');\n").length, 1);
    assert.deepEqual(compare('docs/page.md', 'Type `for ever`.\n\n```sh\nwait for ever\n```\n'), []);
    assert.equal(compare('docs/page.md', '```sh\nok\n```\n\nwait for ever\n').length, 1);
  });

  it('finds comment lines that are too long, and lets a long address be', () => {
    const words = 'word '.repeat(30);
    assert.deepEqual(compare('lib/some.ts', `const x = 1;\n/** ${words}*/\n`), [
      'lib/some.ts:2: a comment of more than 120 characters: wrap it',
    ]);
    assert.deepEqual(compare('lib/some.ts', `// https://example.org/${'a'.repeat(120)}\n`), []);
    assert.deepEqual(compare('docs/page.md', `${words}\n`), []);
  });
});
