import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findAddon, isPackage } from '#lib/native/addon-path.js';

const TARGET = { platform: 'win32', arch: 'arm64' };
const BUILT = join('build', 'Release', 'schannel.node');
const PUBLISHED = join('prebuilds', 'win32-arm64', 'schannel.node');

describe('native/addon-path', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'schannel-addon-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(...files: readonly string[]): void {
    for (const file of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), '');
    }
  }

  it('is the one that was published for this system', () => {
    put(
      PUBLISHED,
      join('prebuilds', 'win32-x64', 'schannel.node'),
      join('prebuilds', 'win32-arm64', 'other.node'),
    );
    assert.equal(findAddon(root, TARGET), join(root, PUBLISHED));
  });

  it('is rather the one that was built here', () => {
    put(PUBLISHED, BUILT, join('build', 'Release', 'another.node'));
    assert.equal(findAddon(root, TARGET), join(root, BUILT));
  });

  it('is none of another system, name or place', () => {
    put(join('prebuilds', 'win32-x64', 'schannel.node'), join('build', 'Debug', 'schannel.node'));
    assert.equal(findAddon(root, TARGET), null);
  });

  it('knows the folder of the package from one that a bundler has written to', () => {
    assert.equal(isPackage(root), false);
    for (const [text, is] of [
      ['{"name":"schannel"}', true],
      ['{"name":"app"}', false],
      ['null', false],
      ['{', false],
    ] as const) {
      writeFileSync(join(root, 'package.json'), text);
      assert.equal(isPackage(root), is);
    }
  });
});
