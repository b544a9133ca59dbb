import assert from 'node:assert/strict';
import { Server } from '#lib/tls/server/server.js';

describe('tls/server/server', () => {
  it('refuses pins wherever it takes options', () => {
    const server = new Server();
    const pins: object = { pins: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    const refused = { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED', message: /"pins"/ };
    assert.throws(() => new Server(pins), refused);
    assert.throws(() => server.setSecureContext(pins), refused);
    assert.throws(() => server.addContext('db.example', pins), refused);
  });
});
