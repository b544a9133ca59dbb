/**
 * Pebble, the ACME server of Let's Encrypt for tests, with its DNS server, as a peer of tests:
 *
 *   peer.mjs DNS-PORT CONTROL-PORT [NAME=VALUE …]
 *
 * Its configuration is config.json in the current folder. The variables (PEBBLE_WFE_NONCEREJECT and so on) are
 * pebble's own, except DNS_SERVER, which is asked instead of the test server ('127.0.0.1:5300'). By the test server,
 * all names resolve to 127.0.0.1 unless the control port is told otherwise.
 */
import { spawn } from 'node:child_process';

const [dns, control, ...variables] = process.argv.slice(2);
const { DNS_SERVER = `127.0.0.1:${dns}`, ...own } = Object.fromEntries(
  variables.map((each) => each.split(/=(.*)/s, 2)),
);

const start = (name, args) => {
  const child = spawn(name, args, {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', ...own },
    stdio: 'inherit',
  });
  // One without the other is of no use.
  child.once('exit', (code) => process.exit(code ?? 1));
};

// Its other servers are switched off, and so is IPv6: the names are reached where the tests listen.
const OFF = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
start('pebble-challtestsrv', ['-management', `127.0.0.1:${control}`, '-dns01', `127.0.0.1:${dns}`, ...OFF]);
start('pebble', ['-config', 'config.json', '-strict', '-dnsserver', DNS_SERVER]);
