import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureRig } from '../../scripts/rig/index.mjs';
import { useRig, waitFor } from './support.mjs';

/** Where Wine's server of a prefix has its socket. */
const serverDirectory = (prefix) => join('/tmp', readFileSync(join(prefix, 'wineserver'), 'utf8').trim());

const KEY = 'HKCU\\Software\\SchannelRigTest';

describe('rig: prefixes', () => {
  const context = useRig();
  const reg = (prefix, ...args) => context.rig.run('reg.exe', args, { prefix });

  it('are apart from each other', async () => {
    const [first, second] = [await context.rig.clonePrefix('first'), await context.rig.clonePrefix('second')];
    assert.equal((await reg(first, 'add', KEY, '/v', 'name', '/d', 'value', '/f')).code, 0);
    assert.equal((await reg(first, 'query', KEY, '/v', 'name')).code, 0);
    assert.equal((await reg(second, 'query', KEY, '/v', 'name')).code, 1);
  });

  it('leave their template as it is', async () => {
    const rig = await ensureRig();
    const first = await rig.clonePrefix('first');
    assert.equal((await rig.run('reg.exe', ['add', KEY, '/f'], { prefix: first })).code, 0);
    await rig.close(); // its server writes the registry as it ends
    assert.equal((await reg(await context.rig.clonePrefix('second'), 'query', KEY)).code, 1);
  });

  it('trust a certificate from the next program on', async () => {
    const prefix = await context.rig.clonePrefix('trust');
    const der = join(context.directory, 'root.der');
    const config = [
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      join(context.directory, 'root.key'),
      '-subj',
      '/CN=Rig Test Root',
    ];
    execFileSync('openssl', ['req', '-x509', ...config, '-outform', 'DER', '-out', der, '-days', '2'], {
      stdio: 'ignore',
    });
    const fingerprint = execFileSync(
      'openssl',
      ['x509', '-inform', 'DER', '-in', der, '-noout', '-fingerprint', '-sha1'],
      { encoding: 'utf8' },
    )
      .split('=')[1]
      .trim()
      .replaceAll(':', '');
    const key = `HKCU\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\${fingerprint}`;
    assert.equal((await reg(prefix, 'query', key)).code, 1);
    await context.rig.trust(prefix, der);
    assert.equal((await reg(prefix, 'query', key)).code, 0);
    assert.equal((await reg(context.rig.prefix, 'query', key)).code, 1);
  });

  it('refuse to trust what is no certificate', async () => {
    const prefix = await context.rig.clonePrefix('trust');
    const file = join(context.directory, 'fault.der');
    writeFileSync(file, 'no certificate');
    await assert.rejects(context.rig.trust(prefix, file), /not an X\.509 certificate in DER/);
  });

  it('of a process that was killed are removed by the next one', async () => {
    const script = `
      import(${JSON.stringify(new URL('../../scripts/rig/index.mjs', import.meta.url).href)}).then(async ({ ensureRig }) => {
        const rig = await ensureRig();
        const prefix = await rig.clonePrefix('orphan');
        await rig.run('hostname.exe', [], { prefix });
        console.log('made', prefix);
        setInterval(() => {}, 1000);
      });`;
    const owner = spawn(process.execPath, ['-e', script]);
    const [, orphan] = await waitFor(owner.stdout, /made (.*)\n/);
    await context.rig.clonePrefix('beside');
    const server = serverDirectory(orphan);
    assert.deepEqual([existsSync(orphan), existsSync(server)], [true, true]);
    owner.kill('SIGKILL');
    await once(owner, 'close');
    await context.rig.clonePrefix('next');
    assert.deepEqual([existsSync(orphan), existsSync(server)], [false, false]);
  });

  it('are gone when the rig is closed, with their servers', async () => {
    const rig = await ensureRig();
    const prefix = await rig.clonePrefix('closing');
    await rig.run('hostname.exe', [], { prefix });
    const server = serverDirectory(prefix);
    assert.equal(existsSync(server), true);
    await rig.close();
    assert.deepEqual([existsSync(prefix), existsSync(server)], [false, false]);
  });
});
