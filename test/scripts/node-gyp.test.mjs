import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram, inRoot, isWindows } from '../../scripts/support/paths.mjs';
import { mustRun } from '../../scripts/support/process.mjs';

/** The node-gyp that npm has, and what Node's headers say of the projects of add-ons. */
const NODE = path.dirname(path.dirname(process.execPath));
const NODE_GYP = path.join(NODE, 'lib/node_modules/npm/node_modules/node-gyp');
const COMMON = path.join(NODE, 'include/node/common.gypi');

const PROCESSORS = ['x64', 'arm64', 'ia32'];

describe('binding.gyp, as node-gyp makes a project for Visual C++ of it', () => {
  const projects = {};
  let folder;

  before(async function () {
    const reason = isWindows
      ? 'node-gyp builds it there'
      : [findProgram('python3') ?? 'python3', NODE_GYP, COMMON].find((file) => !existsSync(file));
    if (reason !== undefined) {
      this.test.parent.skipReason = isWindows ? reason : `${reason} is missing`;
      this.skip();
    }
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-gyp-'));
    for (const processor of PROCESSORS) projects[processor] = await generate(folder, processor);
  });

  after(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

  for (const processor of PROCESSORS) {
    describe(processor, () => {
      const options = (tool) => toolOf(projects[processor], tool).AdditionalOptions.split(' ');

      it('has every source once', () => {
        const { sources } = JSON.parse(readFileSync(inRoot('binding.gyp'), 'utf8')).targets[0];
        assert.deepEqual(sourcesOf(projects[processor]), [...sources].sort());
      });

      it('compiles with exceptions, C++17, warnings of level 4, the static library and no /GL', () => {
        const { ExceptionHandling, RuntimeLibrary, WarningLevel, WholeProgramOptimization } = toolOf(
          projects[processor],
          'ClCompile',
        );
        assert.deepEqual(
          { ExceptionHandling, RuntimeLibrary, WarningLevel, WholeProgramOptimization },
          {
            ExceptionHandling: 'Sync',
            RuntimeLibrary: 'MultiThreaded',
            WarningLevel: 'Level4',
            WholeProgramOptimization: 'false',
          },
        );
        for (const option of ['/permissive-', '/utf-8', '/sdl', '/guard:cf'])
          assert.ok(options('ClCompile').includes(option), option);
        assert.deepEqual(
          options('ClCompile').filter((option) => option.includes('std:')),
          ['/std:c++17'],
        );
      });

      it('does not tell the C++ library that there are no exceptions, as Node does', () => {
        const defines = toolOf(projects[processor], 'ClCompile').PreprocessorDefinitions.split(';');
        assert.deepEqual(
          defines.filter((name) => name.startsWith('_HAS_EXCEPTIONS')),
          [],
        );
        for (const name of ['BUILDING_NODE_EXTENSION', 'NAPI_VERSION=8', 'NAPI_CPP_EXCEPTIONS'])
          assert.ok(defines.includes(name), name);
      });

      it('is linked with the protections of its processor', () => {
        const found = options('Link');
        for (const option of ['/guard:cf', '/DYNAMICBASE', '/NXCOMPAT', '/Brepro'])
          assert.ok(found.includes(option), option);
        assert.equal(found.includes('/HIGHENTROPYVA'), processor !== 'ia32');
        assert.equal(found.includes('/CETCOMPAT'), processor === 'x64');
      });

      it('delays the load of no DLL: native/node_api_slots.cc stands for the hook', () => {
        assert.equal(toolOf(projects[processor], 'Link').DelayLoadDLLs, undefined);
        assert.doesNotMatch(projects[processor], /win_delay_load_hook/);
      });

      it('is an add-on', () => {
        assert.match(toolOf(projects[processor], 'Link').OutputFile, /\.node$/);
      });
    });
  }

  it('treats warnings as errors if schannel_werror is true', async () => {
    const project = await generate(folder, 'x64', ['-Dschannel_werror=true']);
    assert.equal(toolOf(project, 'ClCompile').TreatWarningAsError, 'true');
    assert.equal(toolOf(projects.x64, 'ClCompile').TreatWarningAsError, 'false');
  });

  it('is there for Visual Studio 2026, too', async () => {
    const project = await generate(folder, 'x64', ['-Gmsvs_version=2026']);
    assert.match(project, /ToolsVersion="18\.0"/);
  });
});

/** What node-gyp has gyp do on Windows. */
async function generate(folder, processor, more = []) {
  const output = mkdtempSync(path.join(folder, `${processor}-`));
  const settings = path.join(output, 'config.gypi');
  const variables = {
    ...process.config.variables,
    target_arch: processor,
    standalone_static_library: 1,
    clang: 0,
  };
  const defaults = {
    default_configuration: 'Release',
    msbuild_toolset: 'v143',
    msvs_windows_target_platform_version: '10.0.22621.0',
    ...(processor === 'arm64' ? { msvs_configuration_platform: 'ARM64', msvs_enable_marmasm: 1 } : {}),
  };
  writeFileSync(settings, inPython({ variables, target_defaults: defaults }));
  const included = [settings, path.join(NODE_GYP, 'addon.gypi'), COMMON];
  await mustRun(
    'python3',
    [
      path.join(NODE_GYP, 'gyp/gyp_main.py'),
      'binding.gyp',
      ...['-f', 'msvs', '-DOS=win', `-Dnode_root_dir=${NODE}`, `-Dnode_gyp_dir=${NODE_GYP}`],
      ...['-Dlibrary=shared_library', '-Dvisibility=default', '-Dnode_lib_file=node.lib', '-Dnode_engine=v8'],
      ...[`-Dmodule_root_dir=${inRoot('.')}`, '--depth=.', '--no-parallel'],
      ...['--generator-output', output, '-Goutput_dir=.', '-Gmsvs_version=2022', ...more],
      ...included.flatMap((file) => ['-I', file]),
    ],
    // gyp 0.22 writes the project as text where the locale is UTF-8, into a file that it has opened for bytes.
    {
      title: 'gyp',
      env: { ...process.env, PYTHONPATH: path.join(NODE_GYP, 'gyp/pylib'), LC_ALL: 'en_US.ISO-8859-1' },
    },
  );
  return readFileSync(path.join(output, 'schannel.vcxproj'), 'latin1');
}

/** JSON whose bare words are strings: gyp evaluates the file as Python. */
const inPython = (value) =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'boolean' || inner === null ? String(inner) : inner));

const release = (project) =>
  /<ItemDefinitionGroup Condition="[^"]*'Release\|[^"]*">([^]*?)<\/ItemDefinitionGroup>/.exec(project)[1];

const elements = (text) =>
  Object.fromEntries([...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [name, value]));

const toolOf = (project, tool) =>
  elements(new RegExp(`<${tool}>([^]*?)</${tool}>`).exec(release(project))[1]);

const sourcesOf = (project) =>
  [...project.matchAll(/<(?:ClCompile|ResourceCompile) Include="([^"]+)"/g)]
    .map(([, file]) => file.replaceAll('\\', '/').replace(/^.*\/(?=native\/)/, ''))
    .sort();
