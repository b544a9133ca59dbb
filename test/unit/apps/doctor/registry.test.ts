import assert from 'node:assert/strict';
import { parseRegQuery } from '#lib/apps/doctor/registry.js';

const ROOT = 'HKLM\\SYSTEM\\SCHANNEL';
const printed = (...lines: string[]): string => ['', ...lines, ''].join('\r\n');

describe('apps/doctor/registry', () => {
  it('reads numbers and texts of a key and those below it', () => {
    const output = printed(
      'HKEY_LOCAL_MACHINE\\SYSTEM\\SCHANNEL',
      '    EventLogging    REG_DWORD    0x7',
      '    Name with blanks    REG_SZ    a text with blanks',
      '',
      'HKEY_LOCAL_MACHINE\\SYSTEM\\SCHANNEL\\Protocols\\TLS 1.2\\Client',
      '    Enabled    REG_DWORD    0xffffffff',
      '    Functions    REG_MULTI_SZ    TLS_A\\0TLS_B\\0',
    );
    assert.deepEqual(parseRegQuery(output, ROOT), [
      { key: '', name: 'EventLogging', data: 7 },
      { key: '', name: 'Name with blanks', data: 'a text with blanks' },
      { key: 'Protocols\\TLS 1.2\\Client', name: 'Enabled', data: 0xffffffff },
      { key: 'Protocols\\TLS 1.2\\Client', name: 'Functions', data: ['TLS_A', 'TLS_B'] },
    ]);
  });

  it('leaves out other types, other keys and localized text', () => {
    const output = printed(
      'HKEY_LOCAL_MACHINE\\SYSTEM\\Elsewhere',
      '    Enabled    REG_DWORD    0x1',
      'HKEY_LOCAL_MACHINE\\SYSTEM\\SCHANNEL',
      '    Blob    REG_BINARY    00FF',
      '    (Standard)    REG_SZ    ',
      'Ende der Suche: 2 Übereinstimmung(en) gefunden.',
    );
    assert.deepEqual(parseRegQuery(output, ROOT), [{ key: '', name: '(Standard)', data: '' }]);
  });

  it('ignores case, and accepts an empty answer', () => {
    assert.deepEqual(parseRegQuery('', ROOT), []);
    const output = printed('HKEY_LOCAL_MACHINE\\System\\Schannel', '    X    REG_DWORD    0x0');
    assert.deepEqual(parseRegQuery(output, ROOT), [{ key: '', name: 'X', data: 0 }]);
  });
});
