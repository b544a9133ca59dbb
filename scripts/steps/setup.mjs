import { isWindows } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';
import { StepFailure } from '../support/refusal.mjs';
import { openWindows } from '../support/windows.mjs';
import { buildLimit } from './limit.mjs';
import { installLibraries, installModules } from './modules.mjs';
import { buildNative } from './native.mjs';
import { installPackages } from './packages.mjs';
import { buildSanitized } from './sanitized.mjs';
import { compileLibrary, compileTests } from './typescript.mjs';

/**
 * Brings what a command needs, as much as possible at the same time; what is there already costs some
 * milliseconds. Without any wish it only installs dependencies.
 * @param {{ native?: boolean, sanitized?: boolean, library?: boolean, tests?: boolean, libraries?: boolean,
 *   nodes?: string[], arch?: string }} wanted `nodes` are the versions of Windows' node to open, `arch` is the
 *   processor of these and of the add-on
 * @returns {Promise<{ windows: import('../support/windows.mjs').Windows | null, failures: StepFailure[] }>}
 *   what did not compile is told in `failures`, since some commands go on with the rest
 * @throws {import('../support/refusal.mjs').Refusal} if the machine lacks something
 */
export async function setUp(wanted, progress = new Progress()) {
  const { native = false, sanitized = false, library = false, tests = false, nodes = [] } = wanted;
  const { libraries = false, arch } = wanted;
  const outside = !isWindows && (native || sanitized || nodes.length > 0);
  const packages = outside
    ? progress.track('Debian packages', (report) => installPackages(report, arch))
    : Promise.resolve();
  const modules = progress.track('npm ci', installModules);
  const ready = Promise.all([packages, modules]);
  const addon = native
    ? ready.then(() => progress.track('add-on', (report) => buildNative(report, arch)))
    : null;
  // Behind the add-on, which others wait for; both would have to share the machine.
  const limit = addon && addon.then(() => progress.track('raw SSPI loop', buildLimit));
  // In turn, for the same reason.
  const checkedCore =
    sanitized && ready.then(() => limit).then(() => progress.track('add-on with sanitizers', buildSanitized));
  const others = libraries
    ? modules.then(() => progress.track('libraries for tests', installLibraries))
    : null;
  const compiled = library ? modules.then(() => progress.track('compile lib', compileLibrary)) : null;
  // tsc writes its output in spite of errors, so the tests can be compiled against it either way.
  const checked = tests
    ? modules
        .then(() => Promise.allSettled([compiled]))
        .then(() => progress.track('compile tests', compileTests))
    : null;
  const windows = nodes.length > 0 ? packages.then(() => openWindows(nodes, progress, arch)) : null;

  // All are awaited even if one fails: a package manager must not be cut off in the middle.
  const results = await Promise.allSettled([
    ready,
    others,
    addon,
    limit,
    checkedCore,
    compiled,
    checked,
    windows,
  ]);
  const errors = [
    ...new Set(results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)),
  ];
  const fatal = errors.find((error) => !(error instanceof StepFailure));
  if (fatal !== undefined) throw fatal;
  return { windows: windows === null ? null : await windows, failures: errors };
}

/** The same, for commands that make no sense when something did not compile. */
export async function mustSetUp(wanted, progress) {
  const { windows, failures } = await setUp(wanted, progress);
  if (failures.length === 0) return windows;
  await windows?.close();
  throw new StepFailure(failures.map((failure) => failure.message).join('\n\n'));
}
