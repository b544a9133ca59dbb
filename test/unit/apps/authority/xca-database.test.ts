import assert from 'node:assert/strict';
import { readXcaDatabase, rowsOf } from '#lib/apps/authority/xca-database.js';
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

  it('is refused if a table has more rows than are read, instead of being cut', () => {
    const table = Array.from({ length: 4 }, (_, item) => ({ item }));
    const database = {
      prepare: (sql: string) => ({
        all: () => table.slice(0, Number(/^SELECT item FROM it LIMIT (\d+)$/.exec(sql)?.[1])),
      }),
    };
    assert.deepEqual(rowsOf(database, 'SELECT item FROM it', [], 4), table);
    assert.throws(() => rowsOf(database, 'SELECT item FROM it', [], 3), {
      code: 'ERR_SCHANNEL_IMPORT_TOO_LARGE',
      message: /more than 3 rows/,
    });
  });
});
