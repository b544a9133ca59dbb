import assert from 'node:assert/strict';
import { parseClientOptions, targetName } from '#lib/tls/socket/client-options.js';
import { parseServerOptions } from '#lib/tls/socket/server-options.js';
import { parseAcceptSettings } from '#lib/tls/server/server-options.js';

describe('tls/socket/client-options', () => {
  it('is the name that is sent', () => {
    assert.equal(targetName('name.example', 'host.example'), 'name.example');
    assert.equal(targetName('name.example', '192.0.2.1'), 'name.example');
  });

  it('is the address where no name is sent, which sets sessions of one address apart from others', () => {
    assert.equal(targetName('', '192.0.2.1'), '192.0.2.1');
    assert.equal(targetName('', '2001:db8::1'), '2001:db8::1');
  });

  it('has no zone: nothing that might be taken for a name', () => {
    assert.equal(targetName('', 'fe80::1%eth0'), 'fe80::1');
  });

  it('is nothing where the caller sends no name', () => {
    assert.equal(targetName('', 'host.example'), '');
    assert.equal(targetName('', 'localhost'), '');
    assert.equal(targetName('', ''), '');
  });

  it('has pins, which are checked at once, and which a server refuses', () => {
    const pins = `sha256/${Buffer.alloc(32).toString('base64')}`;
    assert.deepEqual(parseClientOptions({ pins }, null).pins, new Set([pins]));
    for (const none of [undefined, null]) assert.equal(parseClientOptions({ pins: none }, null).pins, null);
    for (const wrong of ['', [], 'sha256/'])
      assert.throws(() => parseClientOptions({ pins: wrong }, null), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /'options\.pins'/,
      });
    const refusal = { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED', message: /"pins"/ };
    assert.throws(() => parseServerOptions({ isServer: true, pins }), refusal);
    assert.throws(() => parseAcceptSettings({ pins } as object), refusal);
  });
});
