import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endOf } from '../suites/ending.mjs';
import { mustRun } from '../support/process.mjs';
import { readProgramLines, readResults } from './results.mjs';

/** What each plug-in imports or starts. */
const MODULES = ['maketest.py', 'plugin_collection.py', 'reader.py', 'error.py'];

/** The tests have no limit themselves. A plug-in has up to six cases with up to four programs each. */
const LIMIT_MS = 300_000;

/**
 * The certificates that all cases use, made by the script of stunnel's tests.
 * @param {string} tests the folder with maketest.py
 * @param {string} to
 */
export async function makeCertificates(tests, to) {
  await mkdir(to, { recursive: true });
  await mustRun('sh', [path.join(tests, 'certs/maketestcert.sh')], { cwd: to });
}

/**
 * Runs the cases of one plug-in, apart from the others: the tests themselves run all that they find.
 * @param {string} plugin name of its file
 * @param {object} options
 * @param {string} options.tests the folder with maketest.py
 * @param {string} options.certificates what makeCertificates() made
 * @param {string[]} options.program what is started in the place of stunnel, with its first arguments
 * @param {number} options.port for the responder that tests since 5.71 start
 * @param {NodeJS.ProcessEnv} options.env
 * @returns {Promise<{ results: import('./results.mjs').CaseResult[], trouble: string | null }>} the details with what
 *   the programs have written; `trouble` if it did not come to an end
 */
export async function runPlugin(plugin, { tests, certificates, program, port, env }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'schannel-stunnel-suite-'));
  try {
    const logs = path.join(folder, 'logs');
    await mkdir(path.join(folder, 'plugins'));
    for (const name of [...MODULES, `plugins/${plugin}`])
      await copyFile(path.join(tests, name), path.join(folder, name));
    await symlink(certificates, path.join(folder, 'certs'));
    const start = path.join(folder, 'program');
    await writeFile(start, `#!/bin/sh\nexec ${program.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    await chmod(start, 0o755);
    const hasResponder = (await readFile(path.join(folder, 'maketest.py'), 'utf8')).includes('"--port"');
    const args = [
      'maketest.py',
      `--program=${start}`,
      `--certs=${certificates}`,
      `--logs=${logs}`,
      '--debug=10',
    ];
    if (hasResponder) args.push(`--port=${port}`);
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn('python3', args, { cwd: folder, env, detached: true, stdio });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
    // Its programs are in its group, and end with it, or with this process.
    child.kill = (signal) => process.kill(-child.pid, signal);
    const leave = () => child.kill('SIGKILL');
    process.once('exit', leave);
    const { code, how } = await endOf(child, LIMIT_MS);
    process.off('exit', leave);
    const text = Buffer.concat(printed).toString();
    const lines = readProgramLines(await readFile(path.join(logs, 'results.log'), 'utf8').catch(() => ''));
    const results = readResults(text).map((result) => ({
      ...result,
      detail: [...result.detail, ...(lines.get(result.id) ?? [])],
    }));
    return { results, trouble: results.length > 0 && (code === 0 || code === 1) ? null : `${how}\n${text}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
