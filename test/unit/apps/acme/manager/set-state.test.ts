import assert from 'node:assert/strict';
import { newState, readState, type SetState, writeState } from '#lib/apps/acme/manager/set-state.js';

const HASH = 'AB'.repeat(20);

const FULL: SetState = {
  names: ['bar.example'],
  certificate: 'CD'.repeat(32),
  byLifetime: 1,
  window: { start: 1, end: 3, moment: 2, explanation: 'https://acme.test/why' },
  askAgain: 5,
  failures: 2,
  nextTry: 7,
  lastFailure: { at: 6, code: 'ERR_SCHANNEL_ACME_DNS', text: 'no record', names: ['bar.example'] },
  limited: { 'https://acme.test/directory': 9 },
  failingNames: { 'bar.example': 4 },
  hooks: { thumbprint: HASH, former: null, done: 0, failures: 1, nextTry: 8, error: 'exit code 1' },
  restUntil: 10,
};

describe('apps/acme/manager/set-state', () => {
  it('reads what it has written', () => {
    for (const state of [newState(['bar.example']), FULL])
      assert.deepEqual(readState(writeState(state)), state);
  });

  it('knows what a later version has written', () => {
    assert.equal(readState('{"version":2,"anything":true}'), 'newer');
  });

  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '7',
    '{}',
    '{"version":"1"}',
    '{"version":0}',
    '{"version":1}',
  ]) {
    it(`takes ${JSON.stringify(text)} for damaged`, () => {
      assert.equal(readState(text), 'damaged');
    });
  }

  const WRONG: readonly (readonly [keyof SetState, unknown])[] = [
    ['names', 'bar.example'],
    ['names', [7]],
    ['certificate', 'xyz'],
    ['certificate', '../../x'],
    ['byLifetime', '1'],
    ['byLifetime', 1.5],
    ['window', { start: 1, end: 3, moment: null, explanation: null }],
    ['window', []],
    ['askAgain', {}],
    ['failures', -1],
    ['failures', null],
    ['nextTry', 'soon'],
    ['lastFailure', { at: 1, code: 'A', text: 'b' }],
    ['limited', { a: 'b' }],
    ['limited', null],
    ['failingNames', ['a']],
    ['hooks', { thumbprint: 'no hash', former: null, done: 0, failures: 1, nextTry: 8, error: null }],
  ];
  for (const [name, value] of WRONG) {
    it(`takes a wrong ${name} for damaged: ${JSON.stringify(value)}`, () => {
      assert.equal(readState(JSON.stringify({ version: 1, ...FULL, [name]: value })), 'damaged');
    });
  }
});
