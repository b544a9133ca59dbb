import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

describe('version of the add-on', () => {
  const manifest = createRequire(__filename).resolve('schannel/package.json');
  const header = readFileSync(join(dirname(manifest), 'native', 'version.h'), 'utf8');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

  it('is the version of the package', () => {
    assert.match(header, new RegExp(`SCHANNEL_VERSION_STR "${version}"`));
    assert.match(header, new RegExp(`SCHANNEL_VERSION_NUM ${version.split('.').join(', ')}, 0\\b`));
  });
});
