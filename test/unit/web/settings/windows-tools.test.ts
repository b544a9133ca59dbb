import assert from 'node:assert/strict';
import { importedFiles, passwordsIn } from '#lib/web/settings/windows-tools.js';

describe('web/settings/windows-tools', () => {
  it('reads passwords for domains and for any file', () => {
    assert.deepEqual(passwordsIn('bar.example=one=1\r\ntwo\n\nwww.bar.example=\n'), {
      'bar.example': 'one=1',
      'bar.example=one=1': 'bar.example=one=1',
      two: 'two',
      'www.bar.example=': 'www.bar.example=',
    });
    assert.deepEqual(passwordsIn(''), {});
  });

  it('has a result for each file of a folder', () => {
    const certificate = {
      subject: 'CN=bar.example',
      thumbprint: 'A'.repeat(40),
      validTo: new Date(0),
      names: ['bar.example'],
      archived: [],
      error: null,
    };
    const files = importedFiles({
      names: [],
      certificates: [
        { ...certificate, files: ['bar.crt', 'bar.key'], outcome: 'imported' },
        { ...certificate, files: ['old.pfx'], outcome: 'present' },
        { ...certificate, files: ['c.pfx'], outcome: 'failed', error: new Error('no right\n') },
      ],
      unread: [{ file: 'd.pfx', error: new Error('the password is wrong') }],
      loneKeys: ['e.key'],
    });
    assert.deepEqual(files, [
      { file: 'bar.crt + bar.key', outcome: 'imported', text: 'CN=bar.example' },
      { file: 'old.pfx', outcome: 'skipped', text: 'CN=bar.example' },
      { file: 'c.pfx', outcome: 'failed', text: 'CN=bar.example: no right / ' },
      { file: 'd.pfx', outcome: 'failed', text: 'the password is wrong' },
      { file: 'e.key', outcome: 'skipped', text: 'there is no certificate for this key' },
    ]);
  });
});
