import assert from 'node:assert/strict';
import { CONSOLE } from '#lib/cli/lifecycle.js';
import { skip } from '../../support/skip.js';

describe('cli/lifecycle', () => {
  it('runs a command of a person, whatever it needs', () => {
    assert.equal(
      CONSOLE.begin(() => assert.fail('nobody wants to know')),
      true,
    );
  });

  it('reloads at each SIGHUP until it is ended, also after a failure', function () {
    if (process.platform === 'win32') skip(this, 'SIGHUP means there that the console has gone');
    let count = 0;
    const end = CONSOLE.onReload(() => {
      count += 1;
      return Promise.reject(new Error('told by the command'));
    });
    process.emit('SIGHUP');
    process.emit('SIGHUP');
    end();
    assert.deepEqual([count, process.listenerCount('SIGHUP')], [2, 0]);
  });
});
