#!/usr/bin/env node
/**
 * The one entry behind every npm script. It and all it loads use Node's built-ins only, because on a fresh
 * machine it runs before `npm ci` has.
 */
const COMMANDS = {
  setup: 'brings what is missing: packages, dependencies, builds, the rig',
  build: 'builds the add-on and compiles lib and tests',
  test: 'runs every suite; --help lists the options',
  demo: 'sends a real message through Schannel',
  schannel: 'runs the command line of the library on Windows node',
  bench: 'measures against node:tls and a raw SSPI loop',
  'node-suite': "runs Node's own tests of tls and https on this library",
  soak: 'lets connections of every kind come and go for long',
  'tunnel-endurance': 'lets tunnels carry, break and reload for minutes',
  fuzz: 'looks for inputs that break readers, guided by coverage',
  endurance: 'makes large numbers of connections, credentials and imports, and looks for what stays',
  libraries: 'runs libraries of others on this one, with real servers',
  'stunnel-suite': "runs stunnel's own tests on schannel tunnel",
  'library-suites': 'runs the tests of libraries with node:tls and with this library',
  lint: 'checks style, types and floors',
  format: 'formats TypeScript, JavaScript and C++',
  tidy: 'checks the C++ with clang-tidy',
  prebuild: 'puts the add-on where a published package has it',
  'check-package': 'packs what would be published, and uses it as people do',
};

const OLDEST_NODE = [20, 19];

const [name = '', ...args] = process.argv.slice(2);
process.exitCode = await main();

async function main() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    console.error(`schannel needs Node ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node}.`);
    return 2;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const list = Object.entries(COMMANDS).map(([command, what]) => `  ${command.padEnd(16)} ${what}`);
    console.error(['usage: node scripts/run.mjs <command>', ...list].join('\n'));
    return 2;
  }
  try {
    const command = await import(`./commands/${name}.mjs`);
    return await command.default(args);
  } catch (error) {
    const { explain } = await import('./support/refusal.mjs');
    return explain(error);
  }
}
