import assert from 'node:assert/strict';
import path from 'node:path';
import { isTemporaryOf, temporaryName } from '#lib/windows/import-export/temporary-name.js';

describe('windows/import-export/temporary-name', () => {
  const target = path.resolve('folder', 'Key.pem');
  const uuid = 'cda2d5ff-0d2e-4bf3-a2e5-0e1a1a0b2c3d';

  it('is in the folder of the file, is new each time, and is known again', () => {
    const names = [temporaryName(target), temporaryName(target)];
    assert.notEqual(names[0], names[1]);
    for (const name of names) {
      assert.equal(path.dirname(name), path.dirname(target));
      assert.ok(isTemporaryOf(target, path.basename(name)));
    }
    assert.ok(isTemporaryOf(target, `.kEY.PEM.${uuid}.tmp`), 'Windows ignores case');
  });

  for (const name of [
    'Key.pem',
    '.Key.pem.tmp',
    `Key.pem.${uuid}.tmp`,
    `.Key.pem.${uuid}`,
    `.Key.pem.${uuid}.tmp.bak`,
    `.Key.pem.${uuid.toUpperCase()}.tmp`,
    `.Key.pem.${uuid.slice(1)}.tmp`,
    `.Key.pem.old.${uuid}.tmp`,
    `.other.pem.${uuid}.tmp`,
    `.Key.pem${uuid}.tmp`,
  ]) {
    it(`is not ${name}`, () => {
      assert.ok(!isTemporaryOf(target, name));
    });
  }
});
