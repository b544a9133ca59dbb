import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHECKS } from '#lib/apps/doctor/checks/index.js';

const root = dirname(require.resolve('schannel/package.json'));
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const ids = new Set(CHECKS.map(({ id }) => id));
const groups = [...new Set([...ids].map((id) => id.split('.')[0] ?? id))];

describe('docs/windows-proof.md', () => {
  const proof = page('windows-proof.md');
  const named = [...proof.matchAll(/`((?:\w|-)+\.[\w.-]+)`/g)].map(([, name]) => name ?? '');

  it('names no check that is gone', () => {
    const checks = named.filter((name) => groups.includes(name.split('.')[0] ?? ''));
    assert.ok(checks.length > 30);
    assert.deepEqual(
      checks.filter((name) => !ids.has(name)),
      [],
    );
  });

  it('has every open question, and whether it is tried', () => {
    const questions = [...ids].filter((id) => id.startsWith('question.'));
    assert.deepEqual(
      questions.filter((id) => !proof.includes(`\`${id}\``)),
      [],
    );
  });

  it('names no test that is gone', () => {
    const tests = [...proof.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file]) => file ?? '');
    assert.ok(tests.length > 20);
    assert.deepEqual(
      tests.filter((file) => !existsSync(join(root, file))),
      [],
    );
  });
});

describe('docs/doctor.md', () => {
  it('names every kind of check', () => {
    const doctor = page('doctor.md');
    assert.deepEqual(
      groups.filter((group) => !doctor.includes(`\`${group}.…\``) && !doctor.includes(`\`${group}\``)),
      [],
    );
  });
});
