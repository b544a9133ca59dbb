/**
 * What stunnel's tests take for stunnel: `program.mjs stunnel.conf` runs `schannel tunnel` in Windows' node on the rig,
 * with its log in the form of stunnel on standard error. SIGHUP has it take the file as it is now, and SIGTERM ends it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureNode, ensureRig } from '../rig/index.mjs';
import { inRoot } from '../support/paths.mjs';
import { adapt } from './adapt.mjs';

const [file] = process.argv.slice(2);

/** To see what passes at all. */
async function runItself(stunnel) {
  const child = spawn(stunnel, [file], { stdio: ['inherit', 'inherit', 'inherit'] });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

async function run() {
  const { SCHANNEL_SUITE_NODE: version, SCHANNEL_SUITE_PREFIX: prefix } = process.env;
  const folder = await mkdtemp(path.join(tmpdir(), 'schannel-stunnel-'));
  try {
    const own = path.join(folder, path.basename(file));
    await write(own);
    const [rig, node] = await Promise.all([ensureRig(), ensureNode(version)]);
    const child = rig.spawn(
      node,
      [inRoot('dist/cli/main.js'), 'tunnel', own, '--log-format', 'stunnel', '--drain', '0s'],
      // Relative paths of a configuration begin at its folder, and all of these are absolute.
      { cwd: path.dirname(file), prefix, stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' },
    );
    // The first ends it as Ctrl+C does.
    process.on('SIGTERM', () => child.kill('SIGINT'));
    process.on('SIGHUP', () => void write(own));
    const { code } = await child.finished;
    return code ?? 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the configuration, as it is now, where the program looks for it: at once, since it is watched. */
async function write(own) {
  const text = await adapted(await readFile(file, 'utf8'), path.dirname(own));
  await writeFile(`${own}.new`, text);
  await rename(`${own}.new`, own);
}

const adapted = (text, folder) =>
  adapt(text, {
    serve,
    include: async (from) => {
      const to = path.join(folder, path.basename(from));
      await mkdir(to, { recursive: true });
      for (const name of await readdir(from)) {
        const included = await adapted(await readFile(path.join(from, name), 'utf8'), folder);
        await writeFile(path.join(to, name), included);
      }
      return to;
    },
  });

/** A service on loopback that starts a program for each connection, as inetd does. */
async function serve({ file: program, args }) {
  const server = net.createServer((socket) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    socket.on('error', () => child.kill()).pipe(child.stdin);
    child.stdin.on('error', () => {});
    child.stdout.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address().port;
}

/** The tests wait for one of stunnel's lines, without a limit. */
function explain(error) {
  console.error(error);
  console.error('Configuration failed');
  return 1;
}

// The tests ask before they begin, and want a pair of versions that fit together.
if (file === '-version') {
  console.error('stunnel 5.75 on x86_64-w64-mingw32 platform');
  console.error('Compiled/running with OpenSSL 3.5.0 8 Apr 2025');
} else {
  const { SCHANNEL_SUITE_STUNNEL: stunnel } = process.env;
  // Connections to services may be left.
  process.exit(await (stunnel === undefined ? run() : runItself(stunnel)).catch(explain));
}
