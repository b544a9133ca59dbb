import assert from 'node:assert/strict';
import { compare as compareSources } from '../../scripts/check-sources.mjs';
import { compare as compareErrors, drawErrors } from '../../scripts/draw-errors.mjs';

describe('scripts/draw-errors', () => {
  const entry = { meaning: 'It broke.', remedy: 'Use `a|b`.' };
  const page = 'Text.\n\n<!-- drawn: keys -->\n\nold\n\n<!-- end -->\n\nMore.\n';

  it('draws a row for each code into the section of its family', () => {
    const drawn = drawErrors(page, { ERR_SCHANNEL_KEY_A: entry });
    assert.match(
      drawn,
      /^Text\.\n\n<!-- drawn: keys -->\n\n\| Code .*\n.*\n\| `ERR_SCHANNEL_KEY_A` \| It broke\. \| Use `a\\\|b`\. \|\n\n<!-- end -->\n\nMore\.\n$/,
    );
    assert.deepEqual(compareErrors(drawn, { ERR_SCHANNEL_KEY_A: entry }), []);
  });

  it('says when the page is out of date', () => {
    assert.deepEqual(compareErrors(page, { ERR_SCHANNEL_KEY_A: entry }), [
      'docs/errors.md is not what lib/base/errors/codes.ts says: run scripts/draw-errors.mjs',
    ]);
  });

  it('names a code that has no section, and one that is gone', () => {
    const table = { ERR_SCHANNEL_KEY_A: entry, ERR_SCHANNEL_NEW: entry };
    const drawn = drawErrors(`${page}ERR_SCHANNEL_OLD, or ERR_SCHANNEL_… in general\n`, table);
    assert.deepEqual(compareErrors(drawn, table), [
      'docs/errors.md has no section for ERR_SCHANNEL_NEW: give its family one in scripts/draw-errors.mjs',
      'docs/errors.md names ERR_SCHANNEL_OLD, which lib/base/errors/codes.ts does not list',
    ]);
  });
});

describe('scripts/check-sources', () => {
  const gyp = (sources, extra = {}) => JSON.stringify({ targets: [{ sources, ...extra }] });

  it('is content when each source is listed once', () => {
    assert.deepEqual(compareSources(gyp(['native/a.cc', 'native/b.rc']), ['native/a.cc', 'native/b.rc']), []);
  });

  it('names what is missing, listed twice, or gone', () => {
    assert.deepEqual(
      compareSources(gyp(['native/a.cc', 'native/a.cc', 'native/c.cc']), ['native/a.cc', 'native/b.cc']),
      [
        'binding.gyp does not list native/b.cc',
        'binding.gyp lists native/a.cc twice',
        'binding.gyp lists native/c.cc, which does not exist',
      ],
    );
  });

  it('refuses what gyp would read and CMake would not', () => {
    assert.match(compareSources(`{ 'targets': [] } # list`, [])[0], /not strict JSON/);
  });

  it('refuses what CMake would read and gyp would not', () => {
    assert.deepEqual(compareSources(gyp([], { win_delay_load_hook: false }), []), [
      "binding.gyp: targets.0.win_delay_load_hook is true, false or null, which gyp (Python) can't read",
    ]);
  });
});
