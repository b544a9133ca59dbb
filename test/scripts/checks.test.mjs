import assert from 'node:assert/strict';
import { compare as compareErrorDocs } from '../../scripts/check-error-docs.mjs';
import { compare as compareSources } from '../../scripts/check-sources.mjs';

describe('scripts/check-error-docs', () => {
  const page = (text) => [['docs/errors.md', text]];
  const lib = (text) => [['lib/a.ts', text]];

  it('is content when both name the same codes', () => {
    assert.deepEqual(
      compareErrorDocs(
        page('ERR_SCHANNEL_A_B, ERR_SCHANNEL_C'),
        lib(`'ERR_SCHANNEL_C' | 'ERR_SCHANNEL_A_B'`),
      ),
      [],
    );
  });

  it('takes what ends in an underscore for a family', () => {
    assert.deepEqual(
      compareErrorDocs(page('ERR_SCHANNEL_PEER_… and ERR_SCHANNEL_A'), lib(`'ERR_SCHANNEL_A'`)),
      [],
    );
  });

  it('names a code that is not explained, and one that is gone', () => {
    assert.deepEqual(compareErrorDocs(page('ERR_SCHANNEL_OLD'), lib(`'ERR_SCHANNEL_NEW'`)), [
      'docs/errors.md does not explain ERR_SCHANNEL_NEW of lib/a.ts',
      'docs/errors.md explains ERR_SCHANNEL_OLD, which lib does not use',
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
