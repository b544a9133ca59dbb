import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.mjs';
import { RigError } from './error.mjs';
import { SUITE } from './recipe.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A private apt: own lists, own sources, no part in the host's package state, all of it below `work`. Its lists are
 * read before this resolves.
 * @param {{ sources?: boolean }} [options] lists of source packages rather than of binary ones
 * @returns {Promise<(args: string[], cwd: string) => Promise<void>>} runs apt-get
 */
export async function openApt(work, { sources = false } = {}) {
  for (const name of [
    'lists/partial',
    'cache/archives/partial',
    'etc/preferences.d',
    'etc/trusted.gpg.d',
    'etc/apt.conf.d',
    'state',
  ]) {
    await mkdir(join(work, name), { recursive: true });
  }
  await writeFile(join(work, 'status'), '');
  const source = {
    Types: sources ? 'deb-src' : 'deb',
    URIs: await mirror(),
    Suites: SUITE,
    Components: 'main',
    Architectures: 'amd64',
    'Signed-By': KEYRING,
  };
  await writeFile(
    join(work, 'debian.sources'),
    Object.entries(source)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
  );
  const settings = optionsOf(work);
  const run = (args, cwd) => aptGet([...settings, ...args], cwd);
  await run(['update'], work);
  return run;
}

function optionsOf(work) {
  const options = {
    'Acquire::Retries': 3,
    'Acquire::Languages': 'none',
    'APT::Architecture': 'amd64',
    'APT::Architectures::': 'amd64',
    'APT::Sandbox::User': '',
    'APT::Update::Error-Mode': 'any', // else an unreachable mirror is a warning
    'Debug::NoLocking': 1,
    'Dir::State': join(work, 'state'),
    'Dir::State::status': join(work, 'status'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'Dir::Etc': join(work, 'etc'),
    'Dir::Etc::sourcelist': join(work, 'debian.sources'),
    'Dir::Etc::sourceparts': '/dev/null',
  };
  return ['-qq', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

/**
 * The mirror this machine already uses for Debian, as it is the one most likely to be near and allowed. Asked of
 * what an update would download, since a fresh machine has no lists yet.
 */
async function mirror() {
  const uris = await command('apt-get', ['update', '--print-uris']).catch(() => '');
  const found = process.env.SCHANNEL_DEBIAN_MIRROR ?? /^'(\S+?\/debian\/)dists\//m.exec(uris)?.[1];
  if (found) return found;
  throw new RigError(
    'This machine names no mirror of Debian, whose packages of Wine are needed.\n' +
      'Name one in the environment variable SCHANNEL_DEBIAN_MIRROR, and repeat.',
  );
}

async function aptGet(args, cwd) {
  await command('apt-get', args, { cwd, env: { ...process.env, LC_ALL: 'C' } }).catch((error) => {
    const reason = (error.stderr ?? error.message).split('\n').slice(0, 4).join('\n  ');
    throw new RigError(
      `Debian ${SUITE}'s packages cannot be had here:\n  ${reason}\n` +
        'Check the network connection, and the proxy if there is one (http_proxy).',
    );
  });
}
