import assert from 'node:assert/strict';
import { parseServeOptions, type ServeOptions } from '#lib/web/site/options.js';

describe('web/site/options', () => {
  it('have the ports of the web, no HSTS, and ten seconds to end', () => {
    const { ports, hsts, drainTimeout, app, files, address, family, server } = parseServeOptions({
      names: ['bar.example'],
    });
    assert.deepEqual(ports, { https: 443, http: 80 });
    assert.deepEqual(
      [hsts, drainTimeout, app, files, address, family],
      [null, 10_000, null, null, undefined, undefined],
    );
    assert.deepEqual(server, {});
  });

  it('give createServer() what is its own, without a certificate', () => {
    const { server, ports } = parseServeOptions({
      names: ['bar.example'],
      http: false,
      minVersion: 'TLSv1.3',
      requestCert: true,
      keepAliveTimeout: 5,
      store: 'LocalMachine\\MY',
    });
    assert.deepEqual(server, { minVersion: 'TLSv1.3', requestCert: true, keepAliveTimeout: 5 });
    assert.equal(ports.http, null);
  });

  for (const [options, code] of [
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], app: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], upgrade: true }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], static: 7 }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], address: 7 }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], family: 5 }, 'ERR_INVALID_ARG_VALUE'],
    [{ names: ['a'], https: '443' }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], https: 65_536 }, 'ERR_OUT_OF_RANGE'],
    [{ names: ['a'], http: true }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], http: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ names: ['a'], drainTimeout: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ names: ['a'], acme: true }, 'ERR_INVALID_ARG_TYPE'],
    [{ names: ['a'], acme: { termsOfServiceAgreed: true }, cert: 'PEM' }, 'ERR_INVALID_ARG_VALUE'],
    [{ names: ['a'], hsts: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`refuse ${JSON.stringify(options)}`, () => {
      assert.throws(() => parseServeOptions(options as unknown as ServeOptions), { code });
    });
  }
});
