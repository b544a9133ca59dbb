import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { planTunnelFile, readStunnelConf } from '#lib/apps/tunnel/file/read-tunnel-file.js';

describe('apps/tunnel/file/read-tunnel-file', () => {
  let folder: string;
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-stunnel-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const SERVICE = 'accept = ::1:993\nconnect = 143\ncert = own.pem\n';

  it('reads a file, the folders that it includes and the files that it names', async () => {
    const own = write('own.pem', 'PEM');
    write('conf.d/imap.conf', `\ufeff[imap]\r\n${SERVICE}`);
    mkdirSync(path.join(folder, 'conf.d', 'folder'));
    const file = write('stunnel.conf', 'debug = 7\npid = x\ninclude = conf.d\n');
    const { services, notices, process } = await readStunnelConf(file, { passphrase: 'secret' });
    const pem = Buffer.from('PEM');
    assert.deepEqual(services, [
      {
        name: 'imap',
        mode: 'server',
        accept: { host: '::1', port: 993 },
        connect: [{ host: 'localhost', port: 143 }],
        tls: { cert: [pem], key: [pem], passphrase: 'secret' },
      },
    ]);
    assert.deepEqual(process, { debug: 7 });
    assert.deepEqual(
      notices.map(({ place }) => place),
      [{ file, line: 2, column: 1 }],
    );
    // The plan names the files, and has neither their contents nor the password.
    const plan = await planTunnelFile(file);
    assert.deepEqual(plan.services[0]?.tls, { cert: [{ file: own }] });
    assert.ok(!/PEM|secret/.test(JSON.stringify(plan)));
  });

  it('says which file is missing: the configuration, an included folder, a certificate', async () => {
    const missing = path.join(folder, 'none.conf');
    await assert.rejects(readStunnelConf(missing), (error: Error & { code?: string; place?: object }) => {
      assert.ok(error.message.startsWith(`${missing}:1: Cannot read ${missing}: ENOENT`), error.message);
      assert.deepEqual(error.place, { file: missing, line: 1, column: 1 });
      return error.code === 'ERR_SCHANNEL_TUNNEL_CONFIG';
    });
    const including = write('a.conf', '\ninclude = none');
    await assert.rejects(readStunnelConf(including), { place: { file: including, line: 2, column: 1 } });
    const naming = write('b.conf', `[a]\n${SERVICE}`);
    await assert.rejects(readStunnelConf(naming), (error: Error & { code?: string; place?: object }) => {
      const own = path.join(folder, 'own.pem');
      assert.ok(
        error.message.startsWith(`${naming}:1: Service [a]: Cannot read ${own}: ENOENT`),
        error.message,
      );
      assert.deepEqual(error.place, { file: naming, line: 1, column: 1 });
      return error.code === 'ERR_SCHANNEL_TUNNEL_CONFIG';
    });
    // The plan can be shown without it.
    assert.equal((await planTunnelFile(naming)).services.length, 1);
  });
});
