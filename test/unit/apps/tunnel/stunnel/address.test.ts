import assert from 'node:assert/strict';
import { addressOf } from '#lib/apps/tunnel/stunnel/address.js';

const place = { file: 'a.conf', line: 3, column: 1 };
const read = (value: string) => addressOf({ name: 'accept', value, place }, 'default');

describe('apps/tunnel/stunnel/address', () => {
  const ADDRESSES: readonly (readonly [value: string, host: string, port: number])[] = [
    ['143', 'default', 143],
    [':143', 'default', 143],
    ['0', 'default', 0],
    ['imaps', 'default', 993],
    ['mail.example:IMAPS', 'mail.example', 993],
    ['192.0.2.1:65535', '192.0.2.1', 65_535],
    [':::993', '::', 993],
    ['::1:993', '::1', 993],
    ['[2001:db8::1]:993', '2001:db8::1', 993],
  ];
  for (const [value, host, port] of ADDRESSES) {
    it(`reads ${value}`, () => assert.deepEqual(read(value), { host, port }));
  }

  for (const path of ['/run/imap', '\\\\.\\pipe\\imap', 'C:\\run\\imap.sock', 'd:/imap.sock']) {
    it(`takes ${path} for a path`, () => assert.deepEqual(read(path), { path }));
  }

  for (const value of [
    '',
    'mail.example',
    'a:',
    ':',
    '65536',
    '-1',
    '1.5',
    '0x10',
    'a:constructor',
    '143 ',
  ]) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => read(value), {
        code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
        message: `a.conf:3: "accept = ${value}": The address has no valid port`,
        place,
      });
    });
  }
});
