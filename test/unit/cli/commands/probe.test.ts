import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { run } from '#lib/cli/program.js';
import type { ProbeReport } from '#lib/apps/probe/report.js';
import { TestAuthority } from '../../../support/certificates.js';
import { commandLibrary } from '../../../support/command-library.js';
import { capturedIO, type CapturedIO } from '../../../support/captured-io.js';
import { PolicyMachine } from '../../../support/policy-command.js';
import { freePort } from '../../../support/free-port.js';

async function probe(...args: string[]): Promise<CapturedIO & { readonly code: number }> {
  const io = capturedIO();
  return { ...io, code: await run(['probe', ...args], '1', commandLibrary(), io) };
}

describe('cli/commands/probe', () => {
  let server: tls.Server;
  let target: string;
  let folder: string;

  before(async () => {
    const { cert, key } = await (await TestAuthority.create('CN=Probed')).issue();
    server = tls.createServer({ cert, key, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256' });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-probe-'));
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('prints versions, suites, groups, certificates and findings, and says before what it does', async () => {
    const { code, output, errors } = await probe(target);
    assert.equal(code, 0, errors());
    assert.match(errors(), /^Probing 127\.0\.0\.1:\d+ with up to 400 connections, 4 at a time\./);
    assert.doesNotMatch(errors(), /Only probe/);
    const text = output();
    assert.match(text, /TLSv1\.3 {2}1 suites\n {2}TLS_AES_128_GCM_SHA256 +128 {2}x25519 {2}recommended\n/);
    assert.match(text, /TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 {2}ECDHE-ECDSA-AES128-GCM-SHA256 {2}128/);
    assert.match(text, /TLSv1\.1 {2}not spoken \(alert protocol_version\)/);
    assert.match(text, /TLSv1\.3 EC prime256v1\n {4}subject +CN=localhost\n/);
    assert.match(text, /note {6}No group resists quantum computers/);
  });

  it('compares with the settings of this machine, and says what decides', async () => {
    const io = capturedIO();
    const machine = new PolicyMachine({ build: 19045, server: 0x540 });
    const library = { ...commandLibrary(), policy: machine.library };
    assert.equal(await run(['probe', target, '--explain'], '1', library, io), 0, io.errors());
    assert.match(io.output(), /This machine as the server\n/);
    assert.match(
      io.output(),
      /TLS 1\.3 +no +yes +this Windows +Windows 10 22H2 has no TLS 1\.3\. Another TLS/,
    );
    assert.match(io.output(), /TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 +yes +yes/);
  });

  it('prints the comparison as JSON', async () => {
    const io = capturedIO();
    const library = { ...commandLibrary(), policy: new PolicyMachine().library };
    assert.equal(await run(['probe', target, '--explain', '--json'], '1', library, io), 0);
    const { report, explained } = JSON.parse(io.output()) as {
      readonly report: { readonly format: string };
      readonly explained: { readonly role: string };
    };
    assert.deepEqual([report.format, explained.role], ['schannel-probe/1', 'server']);
  });

  it('sends nothing if the settings cannot be read', async () => {
    const { code, errors } = await probe(target, '--explain');
    assert.equal(code, 1);
    assert.doesNotMatch(errors(), /Probing/);
  });

  it('warns before it probes a server that may not be yours', async () => {
    const port = await freePort();
    const { code, errors } = await probe(`[::ffff:127.0.0.1]:${port}`);
    assert.equal(code, 3);
    assert.match(errors(), /Only probe servers that you may test\./);
    assert.match(errors(), /ERR_SCHANNEL_PROBE_TARGET/);
  });

  it('fails for findings as severe as asked for', async () => {
    const codes = [await probe(target, '--fail-on', 'note'), await probe(target, '--fail-on', 'weak')];
    assert.deepEqual(
      codes.map(({ code }) => code),
      [10, 0],
    );
  });

  it('tests only what is asked for', async () => {
    const { output } = await probe(target, '--json', '--checks', 'groups, alpn', '--parallel', '2');
    const report = JSON.parse(output()) as ProbeReport;
    assert.deepEqual(report.certificates, []);
    assert.equal(report.features.secureRenegotiation, null);
    assert.deepEqual(report.alpn, []);
  });

  it('compares two reports', async () => {
    const { output } = await probe(target, '--json', '--checks', 'groups');
    const [before, after] = [path.join(folder, 'before.json'), path.join(folder, 'after.json')];
    writeFileSync(before, output());
    const report = JSON.parse(output()) as ProbeReport;
    const versions = {
      ...report.versions,
      'TLSv1.3': { offered: false, suites: [], order: null, refusal: null },
    };
    writeFileSync(after, JSON.stringify({ ...report, connections: 1, versions }));
    const same = await probe('diff', before, before);
    assert.deepEqual([same.code, same.output()], [0, 'No difference.\n']);
    const other = await probe('diff', before, after);
    assert.equal(other.code, 10);
    assert.match(
      other.output(),
      /^PART +BEFORE +AFTER\nTLSv1\.3 {2}spoken +–\nTLSv1\.3 {2}TLS_AES_128_GCM_SHA256 {2}–\n$/,
    );
    const json = await probe('diff', before, after, '--json');
    assert.equal((JSON.parse(json.output()) as { ok: boolean }).ok, false);
  });

  it('refuses a file that is no report, and arguments that are wrong', async () => {
    const file = path.join(folder, 'other.json');
    writeFileSync(file, '{"format":"other"}');
    const part = path.join(folder, 'part.json');
    writeFileSync(part, '{"format":"schannel-probe/1","versions":{}}');
    for (const args of [
      ['diff', file, file],
      ['diff', part, part],
      ['no-port'],
      [target, '--checks', 'all'],
      [target, '--parallel', '17'],
    ]) {
      assert.equal((await probe(...args)).code, 2, args.join(' '));
    }
  });
});
