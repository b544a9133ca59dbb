/**
 * Loaded before the tests: Schannel in the place of node:tls, as `--require schannel/register` has it. At the end,
 * it says how many connections were Schannel's, so that a run without any does not pass for one.
 */
'use strict';
const { tracingChannel } = require('node:diagnostics_channel');
const { writeSync } = require('node:fs');

require('../../dist/adapters/register/index.js');

let secured = 0;
tracingChannel('schannel.handshake').subscribe({ start: () => secured++ });
process.on('exit', () => writeSync(1, `\u001e${JSON.stringify({ type: 'secured', count: secured })}\n`));
