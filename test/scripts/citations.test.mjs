import assert from 'node:assert/strict';
import { compare } from '../../scripts/check-citations.mjs';

describe('scripts/check-citations', () => {
  const page = (...rows) => [
    'docs/windows-behaviour.md',
    ['| entry | what Windows does | source | how sure |', '|---|---|---|---|', ...rows, ''].join('\n'),
  ];
  const row = (name, certainty = 'certain') => `| ${name} | A rule. | "A page" | ${certainty} |`;
  const source = (text) => ['test/double/a.cc', text];
  const choices = (names) => ['test/double/world.h', `enum class Choice {\n${names}\n};\n`];

  it('is content when each citation has its entry and each entry its citation', () => {
    assert.deepEqual(
      compare(page(row('steps 1'), row('alerts 12')), [source('// [steps 1]\nViolate("no [alerts 12]");\n')]),
      [],
    );
  });

  it('names a citation without an entry, in a source and on the page', () => {
    assert.deepEqual(compare(page(row('steps 1', 'as [steps 7]')), [source('// [steps 1] [steps 2]\n')]), [
      'docs/windows-behaviour.md cites [steps 7], which docs/windows-behaviour.md does not have',
      'test/double/a.cc cites [steps 2], which docs/windows-behaviour.md does not have',
    ]);
  });

  it('names an entry that nothing cites, and lets background be', () => {
    assert.deepEqual(compare(page(row('steps 1'), row('steps 2', 'reported, background')), []), [
      'docs/windows-behaviour.md has "steps 1", which nothing in test/double cites',
    ]);
  });

  it('takes a citation on the page itself for no use of the entry', () => {
    assert.equal(
      compare(page(row('steps 1'), row('steps 2', 'see [steps 1]')), [source('[steps 2]')]).length,
      1,
    );
  });

  it('names background that is cited after all', () => {
    assert.deepEqual(compare(page(row('steps 1', 'certain, background')), [source('// [steps 1]\n')]), [
      'docs/windows-behaviour.md marks "steps 1" as background, but test/double/a.cc cites it',
    ]);
  });

  it('names an entry that is there twice', () => {
    assert.deepEqual(compare(page(row('steps 1'), row('steps 1')), [source('// [steps 1]\n')]), [
      'docs/windows-behaviour.md has "steps 1" twice',
    ]);
  });

  it('refuses a section of nothing, and takes one of an RFC', () => {
    assert.deepEqual(compare(page(), [source('// RFC 8446 §7.1, and then §5.6\n')]), [
      'test/double/a.cc names §5.6 without an RFC: cite an entry of docs/windows-behaviour.md',
    ]);
  });

  it('does not take an index or a place in a list for a citation', () => {
    assert.deepEqual(compare(page(), [source('alert_[1] = buffers[index]; // input [1]\n')]), []);
  });

  it('compares the choices with the entries that leave them open', () => {
    const open = row('steps 1', 'open: `kOne`');
    assert.deepEqual(compare(page(open), [source('[steps 1]'), choices('kOne,  // not kOther\nkCount')]), []);
    assert.deepEqual(compare(page(open), [source('[steps 1]'), choices('kTwo,\nkCount')]), [
      'test/double/world.h has kTwo, which no entry of docs/windows-behaviour.md leaves open',
      'docs/windows-behaviour.md leaves kOne open, which test/double/world.h does not have',
    ]);
  });
});
