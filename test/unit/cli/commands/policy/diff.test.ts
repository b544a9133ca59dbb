import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

describe('cli/commands/policy/diff', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    file = path.join(folder, 'a.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('shows what differs from a template, and says so by its exit code', async () => {
    const { code, output } = await new PolicyMachine().run(['diff', '--against', 'mozilla-modern']);
    assert.equal(code, EXIT_CODES.expiring);
    assert.match(output(), /TLS 1\.2 server +on +off/);
    assert.match(output(), /TLS_CHACHA20_POLY1305_SHA256 +off +on/);
  });

  it('compares with the report of another machine', async () => {
    const machine = new PolicyMachine();
    await writeFile(file, (await machine.run(['show', '--json'])).output());
    const same = await machine.run(['diff', '--against', file, '--json']);
    assert.equal(same.code, 0);
    assert.deepEqual((JSON.parse(same.output()) as { differences: unknown }).differences, []);
    const other = await new PolicyMachine({ server: 0x1000 }).run(['diff', '--against', file]);
    assert.equal(other.code, EXIT_CODES.expiring);
    assert.match(other.output(), /TLS 1\.2 server +off +on/);
  });

  for (const content of [
    '',
    '{',
    '[]',
    '{}',
    '{"format":"x"}',
    '{"suites":[1]}',
    '{"protocols":null}',
    'null',
    '{"format":"schannel-policy/1"}',
    '{"format":"schannel-policy/1","protocols":{},"suites":{},"groups":{}}',
  ]) {
    it(`refuses a file with ${JSON.stringify(content)}`, async () => {
      await writeFile(file, content);
      const { code } = await new PolicyMachine().run(['diff', '--against', file]);
      assert.equal(code, EXIT_CODES.usage);
    });
  }

  it('refuses a name that is neither a template nor a file', async () => {
    const { code } = await new PolicyMachine().run(['diff', '--against', path.join(folder, 'none')]);
    assert.equal(code, EXIT_CODES.usage);
  });
});
