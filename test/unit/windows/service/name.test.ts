import assert from 'node:assert/strict';
import { checkServiceName } from '#lib/windows/service/name.js';

describe('windows/service/name', () => {
  for (const name of ['tunnel', 'Mail-Tunnel_2.example', '1', 'x'.repeat(80)]) {
    it(`permits ${name.slice(0, 30)}`, () => {
      checkServiceName(name);
    });
  }

  const refused = [
    '',
    ' ',
    'a b',
    'a/b',
    'a\\b',
    '.a',
    '-a',
    'a.',
    "a'b",
    'a"b',
    'Käse',
    'a\0',
    'x'.repeat(81),
  ];
  // Names of devices can't be folders, and those of logs no sources.
  for (const name of [...refused, 'nul', 'COM1', 'aux.log', 'Application', 'security']) {
    it(`refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
      assert.throws(() => checkServiceName(name), { code: 'ERR_SCHANNEL_SERVICE_NAME' });
    });
  }

  it('refuses what is no text', () => {
    assert.throws(() => checkServiceName(undefined), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
