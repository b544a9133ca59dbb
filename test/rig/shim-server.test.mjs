import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { makeImportableKey, useRig, waitFor } from './support.mjs';

const SOURCE = fileURLToPath(new URL('sspi-server.c', import.meta.url));

describe("rig: what the shim adds to servers on Wine's Schannel", () => {
  const context = useRig();
  let program;
  let prefix;
  let client;

  before(async () => {
    const file = (name) => join(context.directory, name);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
    program = file('sspi-server.exe');
    const libraries = ['-lsecur32', '-lcrypt32', '-lws2_32'];
    execFileSync('x86_64-w64-mingw32-gcc-posix', ['-O1', '-o', program, SOURCE, ...libraries]);
    for (const name of ['server', 'client']) {
      writeFileSync(file(`${name}.key`), makeImportableKey());
      const subject = ['-key', file(`${name}.key`), '-subj', `/CN=the ${name}`, '-days', '2'];
      openssl('req', '-x509', ...subject, '-out', file(`${name}.pem`));
    }
    const identity = ['-inkey', file('server.key'), '-in', file('server.pem'), '-passout', 'pass:pfx'];
    openssl('pkcs12', '-export', ...identity, '-out', file('server.pfx'));
    client = { key: readFileSync(file('client.key')), cert: readFileSync(file('client.pem')) };
    // Its key stays behind where it is imported.
    prefix = await context.rig.clonePrefix('shim-server');
  });

  /** What the server prints, by name, when a client of node:tls meets it; and how the client fared. */
  async function meet(args, options, unixEnv = {}) {
    const pfx = join(context.directory, 'server.pfx');
    const server = context.rig.spawn(program, [pfx, 'h2', ...args], { prefix, unixEnv });
    let printed = '';
    server.stdout.on('data', (text) => (printed += text));
    const [, port] = await waitFor(server.stdout, /port (\d+)/);
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false, ...options });
    let error = null;
    socket.on('error', (failure) => (error = failure.message));
    const protocol = new Promise((resolve) => {
      socket.on('secureConnect', () => resolve(socket.alpnProtocol));
      socket.on('close', () => resolve(null));
    });
    socket.resume();
    const alpn = await protocol;
    socket.end();
    const { code, crash } = await server.finished;
    assert.deepEqual([code, crash?.text], [0, undefined], printed);
    const said = Object.fromEntries(
      printed
        .trim()
        .split('\r\n')
        .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
    );
    return { handshake: said.handshake, peer: said.peer, alpn, error };
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    describe(maxVersion, () => {
      it('asks for a certificate as it is told to, and gets it', async () => {
        const { handshake, peer } = await meet(['mutual'], { maxVersion, ...client });
        assert.deepEqual([handshake, peer], ['0x00000000', 'the client']);
      });

      it('goes on without one, and says that there is none', async () => {
        const { handshake, peer } = await meet(['mutual'], { maxVersion });
        assert.deepEqual([handshake, peer], ['0x00000000', '0x8009030e']);
      });

      it('does not ask unless it is told to', async () => {
        const { handshake, peer } = await meet([], { maxVersion, ...client });
        assert.deepEqual([handshake, peer], ['0x00000000', '0x8009030e']);
      });
    });
  }

  it('never asks on Wine as it is', async () => {
    const { handshake, peer } = await meet(['mutual'], client, { SCHANRIG: 'none' });
    assert.deepEqual([handshake, peer], ['0x00000000', '0x80090304']);
  });

  it('insists on a certificate when all servers are told to', async () => {
    const env = { SCHANRIG_CLIENTCERT: 'require' };
    assert.notEqual((await meet([], { maxVersion: 'TLSv1.2' }, env)).handshake, '0x00000000');
    assert.equal((await meet([], { maxVersion: 'TLSv1.2', ...client }, env)).peer, 'the client');
  });

  it('refuses a client without a protocol in common, by an alert', async () => {
    const { handshake, error } = await meet([], { ALPNProtocols: ['imap'] });
    assert.equal(handshake, '0x80090367');
    assert.match(error, /no application protocol/i);
    assert.equal((await meet([], { ALPNProtocols: ['h2'] })).alpn, 'h2');
  });
});
