/**
 * The result of each case of stunnel's tests on Wine, and its reason. docs/tunnel.md shows it.
 *
 * @typedef {object} Case
 * @property {string} what in our words
 * @property {'passed' | 'failed' | 'skipped'} verdict
 * @property {string} [why] of what does not pass
 */

const passed = (what) => ({ what, verdict: 'passed' });
const failed = (what, why) => ({ what, verdict: 'failed', why });

const PSK = 'Windows has no pre-shared keys for TLS';
const FIPS = 'FIPS is a policy of Windows for the whole machine';
const PROGRAMS = 'a tunnel starts programs for connections only';
const RESUMPTION = 'Wine resumes no session';
const PARTIAL =
  "Wine's chain engine takes only a self-signed end of a chain, and `verifyPeer` names the certificate itself";
const TICKETS = 'Windows makes and keeps the keys of tickets';

/** @type {Record<string, Case>} */
export const CASES = {
  '011': passed('a client shows its certificate'),
  '012': passed('a client without one is refused'),
  '021': passed('`requireCert` with any certificate'),
  '022': passed('`requireCert` without a certificate'),
  '031': failed('`verifyPeer` with a known certificate', PARTIAL),
  '032': passed('`verifyPeer` with another one'),
  '041': passed('`verifyChain` with a certificate of the authority'),
  '042': passed('`verifyChain` with another one'),
  '051': passed('`CRLfile` with a valid certificate'),
  '052': passed('`CRLfile` with a revoked one'),
  '061': failed('`PSKsecrets` that fit', PSK),
  '062': failed("`PSKsecrets` that don't", PSK),
  '071': passed('`cert` is PKCS#12'),
  '081': passed('IPv6'),
  '091': passed('several `accept`, of which one is free'),
  101: failed('`fips = yes`', FIPS),
  111: failed('FIPS with a cipher that it does not allow', FIPS),
  112: failed('FIPS with a suite of TLS 1.3 that it does not allow', FIPS),
  113: failed('FIPS with a curve that it does not allow', FIPS),
  121: failed('`sni` with a name that a section serves', PARTIAL),
  122: failed('`sni` with another name', PARTIAL),
  131: failed('resumption with pre-shared keys', PSK),
  132: failed('resumption from the cache, TLS 1.2', RESUMPTION),
  133: failed('`sessionResume = yes`', RESUMPTION),
  134: failed('`sessionResume = no`', PARTIAL),
  141: failed('resumption by tickets, TLS 1.2', PROGRAMS),
  142: failed('resumption by tickets, TLS 1.3', PROGRAMS),
  151: failed('keys of tickets in the file', TICKETS),
  161: passed('`redirect` with `verifyPeer`, another certificate'),
  162: passed('`redirect` with `verifyPeer`, no certificate'),
  163: failed('`redirect` with `verifyPeer`, a known certificate', PARTIAL),
  164: passed('`redirect` with `verifyChain`, another certificate'),
  165: passed('`redirect` with `verifyChain`, no certificate'),
  166: passed('`redirect` with `verifyChain`, a certificate of the authority'),
  171: passed('`redirect` with `protocol = proxy`, another certificate'),
  172: passed('`redirect` with `protocol = proxy`, no certificate'),
  173: failed('`redirect` with `protocol = proxy`, a known certificate', PARTIAL),
  181: failed('`redirect` of a resumed session, another certificate', RESUMPTION),
  182: failed('`redirect` of a resumed session, no certificate', RESUMPTION),
  183: failed('no `redirect` of a resumed session', RESUMPTION),
  191: passed('the file is read again'),
  201: passed('`failover = rr`'),
  202: passed('`failover = prio`'),
  211: passed('`include`'),
  221: failed('a file without a section, for inetd', 'a tunnel listens itself'),
  231: failed('`exec` with `connect`', PROGRAMS),
  241: failed('`delay = yes` with `exec`', PROGRAMS),
  242: failed('`delay = no` with `exec`', PROGRAMS),
  251: passed('a client section without a target'),
  261: passed('a server section without a target'),
};
