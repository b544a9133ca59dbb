import assert from 'node:assert/strict';
import { check as checkIncludes } from '../../scripts/check-includes.mjs';
import { compare as compareSources } from '../../scripts/check-sources.mjs';
import { compare as compareUnitTests, retitled } from '../../scripts/check-unit-tests.mjs';
import { preludeOf } from '../../scripts/steps/clang-msvc.mjs';
import { headersOf } from '../../scripts/steps/clang-tidy.mjs';
import { compare as compareErrors, drawErrors } from '../../scripts/draw-errors.mjs';
import { compare as compareTunnel, drawTunnel } from '../../scripts/draw-tunnel.mjs';

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

describe('scripts/draw-tunnel', () => {
  const table = {
    accept: { name: 'accept', treatment: 'honoured', meaning: '`a|b`', instead: '', harmless: [] },
    pty: { name: 'pty', treatment: 'refused', meaning: 'No', instead: 'Leave it out.', harmless: ['no'] },
  };
  const metrics = [{ name: 'bytes', type: 'counter', help: 'Many.' }];
  const cases = {
    '011': { what: 'one', verdict: 'passed' },
    221: { what: 'two', verdict: 'failed', why: 'so' },
  };
  const page =
    '<!-- drawn: cases -->\n<!-- end -->\n<!-- drawn: metrics -->\n<!-- end -->\n<!-- drawn: honoured -->\n\nold\n\n<!-- end -->\n<!-- drawn: refused -->\n<!-- end -->\n';

  it('draws a row for each option into the table of its kind', () => {
    const drawn = drawTunnel(page, table, metrics, cases);
    assert.match(drawn, /\n\| 011 \| one \| passed \|\n/);
    assert.match(drawn, /\n\| 221 \| two \| failed: so \|\n/);
    assert.match(drawn, /\n\| `bytes_total` \| counter \| Many\. \|\n/);
    assert.match(drawn, /honoured -->\n\n\| Option \| Here \|\n.*\n\| `accept` \| `a\\\|b` \|\n\n<!-- end/);
    assert.match(drawn, /\n\| `pty` \| No \| Leave it out\. Accepted: `no`\. \|\n\n<!-- end -->\n$/);
    assert.deepEqual(compareTunnel(drawn, table, metrics, cases), []);
  });

  it('says when the page is out of date, or lacks the table of an option', () => {
    const outOfDate = 'docs/tunnel.md is not what the code says: run scripts/draw-tunnel.mjs';
    assert.deepEqual(compareTunnel(page, table, metrics, cases), [outOfDate]);
    assert.deepEqual(compareTunnel('no table', table, metrics, cases), [
      'docs/tunnel.md does not show the option accept',
      'docs/tunnel.md does not show the option pty',
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

describe('scripts/check-unit-tests', () => {
  const modules = ['tls/engine/engine', 'tls/engine/engine-limits', 'base/text'];
  const test = (name, ...titles) => [
    `test/unit/${name}.test.ts`,
    titles.map((title) => `describe('${title}', () => {\n  describe('inner', () => {});\n});\n`).join('\n'),
  ];

  it('is content with a name of lib, with or without a suffix', () => {
    const files = [
      test('base/text', 'base/text'),
      test('tls/engine/engine-floods', 'tls/engine/engine: floods'),
      test('tls/engine/engine-limits', 'tls/engine/engine-limits: one', 'tls/engine/engine-limits: two'),
    ];
    assert.deepEqual(compareUnitTests(files, modules), []);
  });

  it('names a test that has no file, and a title that says something else', () => {
    const files = [test('base/texts', 'base/texts'), test('tls/engine/engine-ends', 'ends')];
    assert.deepEqual(compareUnitTests(files, modules), [
      'test/unit/base/texts.test.ts bears the name of no file in lib',
      "test/unit/tls/engine/engine-ends.test.ts: the title 'ends' does not begin with 'tls/engine/engine'",
    ]);
  });

  it('gives the title that the name asks for, and keeps what tells suites apart', () => {
    const [floods, text] = test('tls/engine/engine-floods', 'floods', 'old/path: more');
    assert.match(
      retitled(floods, text, 'tls/engine/engine'),
      /^describe\('tls\/engine\/engine: floods'[^]*^describe\('tls\/engine\/engine: more'/m,
    );
    const [file, moved] = test('base/text', 'old/text');
    assert.match(retitled(file, moved, 'base/text'), /^describe\('base\/text',/);
    const loop = 'for (const size of [1]) {\n  describe(`sizes of ${size}`, () => {});\n}\n';
    assert.match(
      retitled('test/unit/base/text.test.ts', loop, 'base/text'),
      /describe\(`base\/text: sizes of \$\{size\}`/,
    );
  });
});

describe('scripts/steps/clang-tidy', () => {
  it('knows the headers that a source includes, directly or by another', () => {
    const files = {
      'native/a/a.cc': '#include "a.h"\n#include <vector>\n#include "b/b.h"\n',
      'native/a/a.h': '#include "b/b.h"\n#include "node_api.h"\n',
      'native/b/b.h': '#include "a/a.h"\n',
      'native/c.h': '',
    };
    const found = headersOf(
      'native/a/a.cc',
      (name) => files[name],
      (name) => name in files,
    );
    assert.deepEqual(found, ['native/a/a.h', 'native/b/b.h']);
  });
});

describe('scripts/check-includes', () => {
  const check = (texts) =>
    checkIncludes(
      Object.keys(texts),
      (name) => texts[name],
      (name) => name in texts,
    );

  it('takes a header that a header of ours includes', () => {
    const texts = {
      'native/a.h': '#include <vector>\n',
      'native/b.cc': '#include "a.h"\nstd::vector<int> list;\n',
    };
    assert.deepEqual(check(texts), []);
  });

  it('names what a file uses without its header, and not what comments say', () => {
    const text = '#include <string>\n// std::map\nstd::string a = std::move(b);\nuint8_t c = 0;\n';
    assert.deepEqual(check({ 'native/a.cc': text }), [
      'native/a.cc uses std::move without <utility>',
      'native/a.cc uses uint8_t without <cstdint>',
    ]);
  });

  it('wants to know each name of the library', () => {
    assert.deepEqual(check({ 'native/a.cc': 'std::flux x;\n' }), [
      'native/a.cc uses std::flux without <a header that scripts/check-includes.mjs knows>',
    ]);
  });
});

describe('scripts/steps/clang-msvc', () => {
  it('reads each header of others once, before it says that it is Visual C++', () => {
    const texts = {
      'native/a.h': '#include <vector>\n',
      'native/b.cc': '#include <map>\n#include <vector>\n',
    };
    const lines = preludeOf(Object.keys(texts), (name) => texts[name]).split('\n');
    assert.deepEqual(lines.slice(4), ['#include <map>', '#include <vector>', '#define _MSC_VER 1944', '']);
  });
});
