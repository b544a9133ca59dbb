import assert from 'node:assert/strict';
import { readXcaDatabase } from '#lib/apps/authority/xca-database.js';
import { skip } from '../../../support/skip.js';

describe('apps/authority/xca-database', () => {
  it('says how to export from XCA where Node.js cannot read its database', function () {
    const sqlite: unknown = process.getBuiltinModule('node:sqlite');
    if (sqlite !== undefined) skip(this, 'here it can');
    assert.throws(
      () => readXcaDatabase('xca.xdb', {}),
      (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_IMPORT_UNSUPPORTED');
        assert.match(String(Reflect.get(error, 'advice')), /Node\.js 22\.13 or later[^]*Certificate index/);
        return true;
      },
    );
  });
});
