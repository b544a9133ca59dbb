import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  listenersOn,
  portOwner,
  type PortSystem,
  THIS_SYSTEM,
  whyNotListen,
} from '#lib/windows/port/port-owner.js';
import { skip } from '../../../support/skip.js';

/** As a German Windows has it. */
const NETSTAT = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    10.0.0.1:80            192.0.2.7:50000        HERGESTELLT      1234
  TCP    0.0.0.0:80             0.0.0.0:0              ABHÖREN         4
  TCP    0.0.0.0:8080           0.0.0.0:0              ABHÖREN         77
  TCP    [::]:81                [::]:0                 ABHÖREN         5678
  TCP    [fe80::1%3]:81         [::]:0                 ABHÖREN         5678
  UDP    0.0.0.0:82             *:*                                    99
`;

describe('windows/port/port-owner', () => {
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

  it('lists what listens on ports, and asks for each program once', async () => {
    const asked: string[] = [];
    const several = system({
      run: (program, ...args) => {
        asked.push(`${program} ${args.join(' ')}`);
        return system().run(program, ...args);
      },
    });
    assert.deepEqual(await listenersOn(new Set([80, 81, 82, 50_000]), several), [
      { address: '0.0.0.0', port: 80, pid: 4, program: 'http.sys' },
      { address: '::', port: 81, pid: 5678, program: 'nginx.exe' },
      { address: 'fe80::1%3', port: 81, pid: 5678, program: 'nginx.exe' },
    ]);
    assert.deepEqual(asked, ['netstat.exe -ano', 'tasklist.exe /FI PID eq 5678 /FO CSV /NH']);
    assert.deepEqual(await listenersOn(new Set([1]), system()), []);
    // One that does not say whose they are, and none.
    for (const table of ['  TCP    0.0.0.0:80   0.0.0.0:0   LISTENING\n', '']) {
      assert.equal(await listenersOn(new Set([80]), system({ run: () => Promise.resolve(table) })), null);
    }
    assert.equal(await listenersOn(new Set([80]), system({ isWindows: false })), null);
  });

  it('reads the tables of busy servers', async function () {
    if (process.platform === 'win32') skip(this, 'it has its own netstat.exe');
    const root = await mkdtemp(path.join(os.tmpdir(), 'schannel-netstat-'));
    const before = process.env['SystemRoot'];
    try {
      await mkdir(path.join(root, 'System32'));
      const program = path.join(root, 'System32', 'netstat.exe');
      await writeFile(program, '#!/bin/sh\nhead -c 3000000 /dev/zero | tr "\\0" x\n', { mode: 0o700 });
      process.env['SystemRoot'] = root;
      assert.equal((await THIS_SYSTEM.run('netstat.exe')).length, 3_000_000);
      assert.equal(await THIS_SYSTEM.run('tasklist.exe'), '');
    } finally {
      if (before === undefined) delete process.env['SystemRoot'];
      else process.env['SystemRoot'] = before;
      await rm(root, { recursive: true });
    }
  });

  it('says in words why a port can not be had', async () => {
    const ranges = system({
      run: (program) =>
        Promise.resolve(
          program === 'netsh.exe'
            ? 'Ausschlussbereiche\n\nStartport    Endport\n----------   --------\n      5357        5357\n     50000       50059     *\n'
            : NETSTAT,
        ),
    });
    for (const [port, code, by, why] of [
      [81, 'EADDRINUSE', system(), 'process 5678 (nginx.exe) listens there'],
      [8080, 'EADDRINUSE', system({ pid: 1 }), 'process 77 listens there'],
      [8080, 'EADDRINUSE', system(), 'this process listens there already'],
      [
        80,
        'EACCES',
        system(),
        "Windows' HTTP service (http.sys) listens there, for IIS, WinRM or another program",
      ],
      [82, 'EADDRINUSE', system(), null],
      [50_010, 'EACCES', ranges, 'Windows has reserved the ports 50000 to 50059, often for Hyper-V'],
      [50_060, 'EACCES', ranges, null],
      [81, 'EADDRNOTAVAIL', system(), null],
      [81, 'EADDRINUSE', system({ isWindows: false }), null],
    ] as const) {
      assert.equal(await whyNotListen(port, code, by), why);
    }
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
