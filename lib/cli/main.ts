#!/usr/bin/env node
import { library } from './library.js';
import { run } from './program.js';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- JSON has no other synchronous way from CommonJS
const { version } = require('../../package.json') as { version: string };

void run(process.argv.slice(2), version, library, process).then((code) => {
  process.exitCode = code;
});
