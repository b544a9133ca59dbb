import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { portOwner, type PortSystem } from '#lib/apps/acme/challenge/port-owner.js';

/** As a German Windows has it. */
const NETSTAT = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    10.0.0.1:80            192.0.2.7:50000        HERGESTELLT      1234
  TCP    0.0.0.0:80             0.0.0.0:0              ABHÖREN         4
  TCP    0.0.0.0:8080           0.0.0.0:0              ABHÖREN         77
  TCP    [::]:81                [::]:0                 ABHÖREN         5678
  UDP    0.0.0.0:82             *:*                                    99
`;

describe('apps/acme/challenge/port-owner', () => {
  const system = (more: Partial<PortSystem> = {}): PortSystem => ({
    tryPort: () => Promise.resolve('EADDRINUSE'),
    run: (program, ...args) =>
      Promise.resolve(
        program === 'netstat.exe'
          ? NETSTAT
          : args.includes('PID eq 5678')
            ? '"nginx.exe","5678","Services","0","9.000 K"\r\n'
            : 'INFORMATION: Es werden keine Aufgaben ausgeführt.\r\n',
      ),
    isWindows: true,
    pid: 77,
    ...more,
  });

  it('says who has a port of Windows', async () => {
    assert.deepEqual(await portOwner(80, system()), { state: 'http.sys' });
    assert.deepEqual(await portOwner(81, system()), { state: 'taken', pid: 5678, name: 'nginx.exe' });
    assert.deepEqual(await portOwner(8080, system()), { state: 'own' });
    assert.deepEqual(await portOwner(8080, system({ pid: 1 })), { state: 'taken', pid: 77, name: null });
    assert.deepEqual(await portOwner(82, system()), { state: 'taken', pid: null, name: null });
    const denied = system({ tryPort: () => Promise.resolve('EACCES') });
    assert.deepEqual(await portOwner(82, denied), { state: 'denied' });
    assert.deepEqual(await portOwner(80, denied), { state: 'http.sys' });
    const silent = system({ run: () => Promise.resolve('') });
    assert.deepEqual(await portOwner(80, silent), { state: 'taken', pid: null, name: null });
  });

  it('sees on any system whether a port is free, and leaves it free', async () => {
    const server = net.createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.notEqual((await portOwner(port)).state, 'free');
    server.close();
    await once(server, 'close');
    assert.deepEqual(await portOwner(port), { state: 'free' });
    assert.deepEqual(await portOwner(port), { state: 'free' });
  });
});
