import assert from 'node:assert/strict';
import {
  disabledBits,
  enabledBits,
  protocolOfBits,
  protocolOfWire,
  protocolRange,
  protocolsIn,
  type ProtocolOptions,
} from '#lib/tls/secure-context/protocols.js';

describe('tls/secure-context/protocols', () => {
  it("default to node:tls's range", () => {
    assert.deepEqual(protocolRange({}), { min: 'TLSv1.2', max: 'TLSv1.3' });
    assert.deepEqual(protocolRange({ minVersion: null, maxVersion: null, secureProtocol: null }), {
      min: 'TLSv1.2',
      max: 'TLSv1.3',
    });
  });

  it('are named by the legacy methods of OpenSSL too', () => {
    const methods = {
      TLSv1_2_method: ['TLSv1.2', 'TLSv1.2'],
      TLSv1_1_client_method: ['TLSv1.1', 'TLSv1.1'],
      TLS_method: ['TLSv1', 'TLSv1.3'],
      SSLv23_method: ['TLSv1', 'TLSv1.2'],
    } as const;
    for (const [secureProtocol, [min, max]] of Object.entries(methods)) {
      assert.deepEqual(protocolRange({ secureProtocol }), { min, max });
    }
  });

  it("are refused with node:tls's codes", () => {
    const cases: [ProtocolOptions, string][] = [
      [{ minVersion: 'TLSv1.4' as 'TLSv1.3' }, 'ERR_TLS_INVALID_PROTOCOL_VERSION'],
      [{ maxVersion: 'SSLv3' as 'TLSv1' }, 'ERR_TLS_INVALID_PROTOCOL_VERSION'],
      [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'ERR_TLS_INVALID_PROTOCOL_VERSION'],
      [{ secureProtocol: 'SSLv3_method' }, 'ERR_TLS_INVALID_PROTOCOL_METHOD'],
      [{ secureProtocol: 'nonsense' }, 'ERR_TLS_INVALID_PROTOCOL_METHOD'],
      [{ secureProtocol: 'TLSv1_2_method', minVersion: 'TLSv1.2' }, 'ERR_TLS_PROTOCOL_VERSION_CONFLICT'],
    ];
    for (const [options, code] of cases) assert.throws(() => protocolRange(options), { code });
  });

  it('have their bits for both structures', () => {
    const range = { min: 'TLSv1.1', max: 'TLSv1.3' } as const;
    assert.deepEqual(protocolsIn(range), ['TLSv1.1', 'TLSv1.2', 'TLSv1.3']);
    assert.equal(enabledBits(range, 'client'), 0x2a00);
    assert.equal(disabledBits(range, 'client'), 0xffffd5ff);
    assert.equal(enabledBits(range, 'server'), 0x1500);
    assert.equal(disabledBits(range, 'server'), 0xffffeaff);
  });

  it('are read from negotiated bits of either side', () => {
    for (const [client, server, wire, name] of [
      [0x80, 0x40, 0x0301, 'TLSv1'],
      [0x200, 0x100, 0x0302, 'TLSv1.1'],
      [0x800, 0x400, 0x0303, 'TLSv1.2'],
      [0x2000, 0x1000, 0x0304, 'TLSv1.3'],
    ] as const) {
      assert.equal(protocolOfBits(client), name);
      assert.equal(protocolOfBits(server), name);
      assert.equal(protocolOfWire(wire), name);
    }
    assert.equal(protocolOfBits(0), null);
    assert.equal(protocolOfWire(0x0300), null);
  });
});
