import assert from 'node:assert/strict';
import { type ConnectionDiagnosis, diagnoseConnection } from 'schannel/doctor';
import { type TlsServer, startTlsServer } from '../../support/tls-server.js';
import { skipOnDouble } from '../../support/windows.js';

describe('schannel doctor --connect', () => {
  let server: TlsServer | null = null;

  before(function () {
    skipOnDouble(this, 'the settings of a credential are those of Wine');
  });

  afterEach(async () => {
    await server?.close();
    server = null;
  });

  async function diagnosed(options: Parameters<typeof startTlsServer>[1]): Promise<ConnectionDiagnosis> {
    server = await startTlsServer(() => undefined, options);
    const { port, ca } = server;
    const target = { host: '127.0.0.1', port, servername: 'localhost' };
    return diagnoseConnection(target, { ca, revocation: 'off', env: {} });
  }

  const codes = ({ conclusions }: ConnectionDiagnosis): string[] => conclusions.map(({ code }) => code);

  it('finds nothing wrong with a good server', async () => {
    const diagnosis = await diagnosed({});
    assert.equal(diagnosis.cause, null, JSON.stringify(diagnosis.conclusions, null, 1));
    assert.deepEqual(
      codes(diagnosis).filter((code) => !code.includes('COMMON')),
      [
        'REACHED',
        'TLS_SPOKEN',
        'HANDSHAKE_DONE',
        'NAME_MATCHES',
        'CHAIN_TRUSTED',
        'CLIENT_CERTIFICATE_NOT_ASKED',
      ],
    );
    assert.equal(diagnosis.connection?.protocol, 'TLSv1.3');
  });

  it('says that no version is common, and why', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { cause, conclusions } = await diagnosed(old);
    assert.equal(cause, 'NO_COMMON_VERSION', JSON.stringify(conclusions, null, 1));
    const { meaning } = conclusions.find(({ verdict }) => verdict === 'fails') ?? {};
    assert.match(
      meaning ?? '',
      /TLS 1\.1 is what the server would take\. The default of minVersion is TLSv1\.2/,
    );
  });

  it('says that a certificate is asked for, and none is there', async () => {
    const diagnosis = await diagnosed({ requestCert: true, rejectUnauthorized: true });
    assert.equal(diagnosis.cause, 'CLIENT_CERTIFICATE_NONE', JSON.stringify(diagnosis, null, 1));
    assert.ok(diagnosis.certificates?.every(({ problems, accepted }) => !accepted || problems.length > 0));
  });
});
