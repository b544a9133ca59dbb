import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readCorpus } from '../../fuzz/corpus.js';
import { TARGETS } from '../../fuzz/targets.js';

const ROOT = path.resolve(__dirname, '../../..');

/** What `npm run fuzz` found and kept: each input goes through each branch again that it once went through first. */
describe('inputs of the fuzzers', () => {
  for (const [name, { fuzz, longest }] of Object.entries(TARGETS)) {
    it(`${name}: what is promised holds for what was kept`, async () => {
      const inputs = readCorpus(ROOT, name);
      assert.ok(inputs.length > 0, 'npm run fuzz -- --only NAME --keep');
      for (const [index, input] of inputs.entries()) {
        assert.ok(input.length <= longest);
        try {
          await fuzz(input);
        } catch (error) {
          throw new Error(`input ${String(index + 1)}: ${input.toString('base64')}`, { cause: error });
        }
      }
    });
  }

  it('has a target for each file of inputs', () => {
    const files = readdirSync(path.join(ROOT, 'test/fuzz/corpora')).map((file) => file.replace(/\.txt$/, ''));
    assert.deepEqual(files.sort(), Object.keys(TARGETS).sort());
  });
});
