#!/usr/bin/env node
import { connect } from '../tls/connect.js';
import * as devCert from '../apps/dev-cert/dev-cert.js';
import { diagnose } from '../apps/doctor/diagnose.js';
import { native } from '../native/load.js';
import { startTls } from '../adapters/starttls/index.js';
import * as requests from '../pki.js';
import * as certificates from '../store.js';
import { run } from './program.js';

/** The version of the package; its manifest lies beside the compiled files. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- JSON has no other synchronous way from CommonJS
const { version } = require('../../package.json') as { version: string };

void run(
  process.argv.slice(2),
  version,
  { tls: { ready: native, connect, startTls }, certificates, requests, diagnose, devCert },
  process,
).then((code) => {
  process.exitCode = code;
});
