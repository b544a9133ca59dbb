import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = dirname(require.resolve('schannel/package.json'));
const manifest = createRequire(__filename)('schannel/package.json') as {
  readonly dependencies: Readonly<Record<string, string>>;
};

/** 'asn1js' of 'asn1js/build', '@peculiar/asn1-x509' of itself. */
const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

/** What a compiled file loads of other packages. */
const packagesIn = (source: string): string[] =>
  [...source.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/^(?:\.|node:)/.test(name) && !builtinModules.includes(name))
    .map(packageOf);

describe('package.json', () => {
  it('has the packages for dependencies that the library loads, and no others', () => {
    const files = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' });
    const scripts = files.filter((file) => file.endsWith('.js'));
    const loaded = new Set(
      scripts.flatMap((file) => packagesIn(readFileSync(join(ROOT, 'dist', file), 'utf8'))),
    );
    assert.deepEqual([...loaded].sort(), Object.keys(manifest.dependencies).sort());
  });
});
