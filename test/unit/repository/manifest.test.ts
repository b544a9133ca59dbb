import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = dirname(require.resolve('schannel/package.json'));
const manifest = createRequire(__filename)('schannel/package.json') as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
};

/** 'asn1js' of 'asn1js/build', '@peculiar/asn1-x509' of itself. */
const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

/** What a compiled file loads of other packages. */
const packagesIn = (source: string): string[] =>
  [...source.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/^(?:\.|node:)/.test(name) && !builtinModules.includes(name))
    .map(packageOf);

/** Compiled adapters for libraries that a program has: nothing else loads those libraries. */
const OF_LIBRARIES = join('adapters', 'libraries');

describe('package.json', () => {
  const files = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' });
  const scripts = files.filter((file) => file.endsWith('.js'));
  const loadedBy = (isIn: (file: string) => boolean): readonly string[] => {
    const sources = scripts.filter(isIn).map((file) => readFileSync(join(ROOT, 'dist', file), 'utf8'));
    return [...new Set(sources.flatMap(packagesIn))].sort();
  };

  it('has the packages for dependencies that the library loads, and no others', () => {
    const loaded = loadedBy((file) => !file.startsWith(OF_LIBRARIES));
    assert.deepEqual(loaded, Object.keys(manifest.dependencies).sort());
  });

  it('has the packages that adapters load as optional peers', () => {
    const { peerDependencies, peerDependenciesMeta } = manifest;
    // Who builds the add-on needs the last one.
    const optional = [...loadedBy((file) => file.startsWith(OF_LIBRARIES)), 'node-addon-api'].sort();
    assert.deepEqual(Object.keys(peerDependencies).sort(), optional);
    assert.ok(optional.every((name) => peerDependenciesMeta[name]?.optional));
  });
});
