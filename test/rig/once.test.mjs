import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { wineDirectory } from '../../scripts/rig/location.mjs';
import { buildOnce } from '../../scripts/rig/once.mjs';
import { useRig, waitFor } from './support.mjs';

describe('rig: building once', () => {
  let directory;
  let target;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'schannel-once-'));
    target = join(directory, 'target');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const build = (content) => async (building) => writeFileSync(join(building, 'file'), content);

  it('shows the directory only when it is whole', async () => {
    await buildOnce(target, async (building) => {
      writeFileSync(join(building, 'file'), 'half');
      assert.equal(existsSync(target), false);
      writeFileSync(join(building, 'file'), 'whole');
    });
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'whole');
    assert.deepEqual(readdirSync(directory), ['target', 'target.lock']);
  });

  it('does not build what exists', async () => {
    await buildOnce(target, build('first'));
    await buildOnce(target, build('second'));
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'first');
  });

  it('lets one of two build and the other wait', async () => {
    let built = 0;
    const told = gate();
    const untilOtherWaits = async () => {
      built++;
      await told.passed;
    };
    const waiting = told.open;
    await Promise.all([
      buildOnce(target, untilOtherWaits, { waiting }),
      buildOnce(target, untilOtherWaits, { waiting }),
    ]);
    assert.equal(built, 1);
  });

  it('leaves nothing of a build that fails, and builds again', async () => {
    await assert.rejects(
      buildOnce(target, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(readdirSync(directory), ['target.lock']);
    await buildOnce(target, build('later'));
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'later');
  });

  it('waits for a builder however long nothing is heard of it', async () => {
    const [begun, told] = [gate(), gate()];
    const first = buildOnce(target, async (building) => {
      begun.open();
      await told.passed;
      await build('first')(building);
    });
    await begun.passed;
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), 0, 0);
    const second = buildOnce(target, build('second'), { waiting: told.open });
    await Promise.race([second, told.passed]);
    told.open();
    await Promise.all([first, second]);
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'first');
  });

  it('takes over from a builder that was killed', async () => {
    const script = `
      import(${JSON.stringify(new URL('../../scripts/rig/once.mjs', import.meta.url).href)}).then(({ buildOnce }) =>
        buildOnce(${JSON.stringify(target)}, () => {
          console.log('building');
          return new Promise(() => setInterval(() => {}, 1000));
        }));`;
    const builder = spawn(process.execPath, ['-e', script]);
    await waitFor(builder.stdout, /building/);
    await buildOnce(target, build('new'), { waiting: () => builder.kill('SIGKILL') });
    assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'new');
    assert.deepEqual(readdirSync(directory), ['target', 'target.lock']);
  });

  describe('with the rig there', () => {
    useRig();

    it('makes one set of tools for two processes at once', async () => {
      // A separate home that lends only Wine, so that both processes have tools to build.
      symlinkSync(wineDirectory(), join(directory, basename(wineDirectory())));
      const script = `
        import(${JSON.stringify(new URL('../../scripts/rig/index.mjs', import.meta.url).href)}).then(async ({ ensureRig }) => {
          const rig = await ensureRig();
          console.log((await rig.run('cmd.exe', ['/c', 'echo', 'works'])).stdout.trim());
          await rig.close();
        });`;
      const start = async () => {
        const child = spawn(process.execPath, ['-e', script], {
          env: { ...process.env, SCHANNEL_RIG: directory },
        });
        let output = '';
        child.stdout.on('data', (chunk) => (output += chunk));
        child.stderr.on('data', (chunk) => (output += chunk));
        await once(child, 'close');
        return output.trim();
      };
      assert.deepEqual(await Promise.all([start(), start()]), ['works', 'works']);
      const tools = readdirSync(directory).filter((name) => /^tools-\w+$/.test(name));
      assert.equal(tools.length, 1);
    });
  });
});

function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { passed, open };
}
