import { existsSync, statfsSync } from 'node:fs';
import { missingPackages as missingForRig } from '../rig/host.mjs';
import { ROOT, findProgram } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';

/** What the build and the tests call, and the Debian package that has it. */
const PROGRAMS = [
  { program: 'cmake', name: 'cmake', needed: true },
  { program: 'ninja', name: 'ninja-build', needed: true },
  { program: 'x86_64-w64-mingw32-g++-posix', name: 'g++-mingw-w64-x86-64-posix', needed: true },
  { program: 'clang-format', name: 'clang-format', needed: false },
  { program: 'openssl', name: 'openssl', needed: false },
  { program: 'postfix', name: 'postfix', needed: false },
];

// The tool chain takes 0.9 GB, dependencies and outputs the rest; the rig checks its own place.
const DISK_BYTES = 1.5e9;

/**
 * Installs the Debian packages that are missing, in one call.
 * @throws {Refusal} if someone with more rights has to
 */
export async function installPackages(report) {
  const missing = PROGRAMS.filter(({ program }) => findProgram(program) === null);
  const needed = [
    ...new Set([...missing.filter((entry) => entry.needed).map((entry) => entry.name), ...missingForRig()]),
  ];
  const useful = missing.filter((entry) => !entry.needed).map((entry) => entry.name);
  const packages = [...new Set([...needed, ...useful])];
  if (packages.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (findProgram('apt-get') === null) return refuseUnless(needed.length === 0, missing, needed);
  const root = await rootPrefix();
  if (root === null) {
    // What is only useful is left out; the tests that need it are skipped and say so.
    if (needed.length === 0) return;
    throw new Refusal(
      `These packages are missing: ${packages.join(', ')}.\nOnly root can install them. Run once, then repeat your command:`,
      `sudo ${command}`,
    );
  }
  checkDisk();
  await apt(root, packages, report);
}

function refuseUnless(fine, missing, needed) {
  if (fine) return;
  const programs = missing.filter((entry) => entry.needed).map((entry) => entry.program);
  throw new Refusal(
    `These programs are missing: ${[...programs, ...needed].join(', ')}.\n` +
      'They are installed for you on Debian and Ubuntu only. In a container:',
    `docker run --rm -it -v "${ROOT}:/repo" -w /repo node:24-bookworm npm test`,
  );
}

/** How to run something as root: not at all different, by sudo without a password, or (null) not at all. */
async function rootPrefix() {
  if (process.getuid() === 0) return [];
  const sudo = findProgram('sudo');
  if (sudo === null) return null;
  const allowed = await mustRun(sudo, ['-n', 'true']).then(
    () => true,
    () => false,
  );
  return allowed ? [sudo, '-n'] : null;
}

async function apt(root, packages, report) {
  const run = (args, options) => {
    const [program, ...rest] = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', ...args];
    return mustRun(program, rest, options);
  };
  report('package lists');
  await run([
    'apt-get',
    'update',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    '-o',
    'APT::Update::Error-Mode=any',
  ]).catch((error) => {
    throw new Refusal(
      `The package lists could not be fetched: no network, or the mirror does not answer.\n${error.message}`,
      'sudo apt-get update',
    );
  });
  // A mail server that nobody asked for must not start by itself: Postfix stays without a configuration.
  if (packages.includes('postfix')) {
    const choice = 'postfix postfix/main_mailer_type select No configuration';
    await run(['sh', '-c', `echo "${choice}" | debconf-set-selections`]);
  }
  await run(
    [
      ...['apt-get', 'install', '-y', '-q', '--no-install-recommends'],
      ...['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Status-Fd=1', ...packages],
    ],
    { title: 'apt-get install', onLine: (line) => reportApt(line, report) },
  );
}

/** apt's status lines: "dlstatus:1:12.5:Retrieving file 3 of 9", "pmstatus:cmake:55.0:Unpacking cmake". */
function reportApt(line, report) {
  const [, kind, percent, what] = /^(dl|pm)status:[^:]*:([\d.]+):(.*)$/.exec(line) ?? [];
  if (kind !== undefined) report(kind === 'dl' ? 'download' : 'install', Number(percent) / 100, what);
}

function checkDisk() {
  for (const folder of ['/usr', '/var', ROOT].filter(existsSync)) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize >= DISK_BYTES) continue;
    const [need, free] = [DISK_BYTES, bavail * bsize].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
    throw new Refusal(
      `Not enough disk space: ${need} are needed in ${folder}, ${free} are free.`,
      `df -h ${folder}`,
    );
  }
}
