import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const folder = dirname(require.resolve('schannel/package.json'));
const page = readFileSync(join(folder, 'docs', 'troubleshooting.md'), 'utf8');

describe('docs/troubleshooting.md', () => {
  it('has commands under each symptom', () => {
    const symptoms = page.split('\n## ').slice(1);
    assert.ok(symptoms.length >= 6);
    for (const symptom of symptoms) {
      assert.match(symptom, /```\n(certutil.*\n)*schannel /);
      assert.match(symptom, /\*\*(Cause|403\.7)/);
    }
  });
});
