import assert from 'node:assert/strict';
import { programPath } from '#lib/apps/acme/process/program-path.js';

describe('apps/acme/process/program-path', () => {
  const files = new Set([
    'tool.exe',
    'C:\\tools\\tool.exe',
    'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
    'D:\\more tools\\net.tool.exe',
  ]);
  const find = (file: string, isWindows = true): string =>
    programPath(file, {
      isWindows,
      path: '.;bin;\\;C:;;C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\;"D:\\more tools";C:/tools',
      isFile: (name) => files.has(name),
    });

  it('finds a program in the folders of PATH, never in the current one', () => {
    assert.equal(find('powershell.exe'), 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
    assert.equal(find('tool'), 'C:\\tools\\tool.exe');
    assert.equal(find('tool.exe'), 'C:\\tools\\tool.exe');
    assert.equal(find('net.tool'), 'D:\\more tools\\net.tool.exe');
  });

  it('leaves a path as it is, and every name on other systems', () => {
    for (const file of ['C:\\a\\b.exe', '.\\b.exe', 'a/b', 'C:b.exe']) assert.equal(find(file), file);
    assert.equal(find('true', false), 'true');
  });

  it('fails if there is none', () => {
    assert.throws(() => find('other.exe'), { code: 'ENOENT', message: /other\.exe in the folders of PATH/ });
  });
});
