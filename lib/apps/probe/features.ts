import { Extension } from '../../formats/tls-wire/extension-types.js';
import { CIPHER_SUITES, FALLBACK_SCSV } from '../../formats/tls-wire/suites.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import { alertName } from '../../base/errors/alerts.js';
import type { Asker } from './asker.js';
import { refusalOf } from './eliminate.js';
import type { Clear } from './spoken.js';
import type { FeaturesReport } from './report.js';

export type HelloFeatures = Pick<
  FeaturesReport,
  | 'secureRenegotiation'
  | 'extendedMasterSecret'
  | 'encryptThenMac'
  | 'sessionTickets'
  | 'compression'
  | 'heartbeat'
>;

export const NO_HELLO_FEATURES: HelloFeatures = {
  secureRenegotiation: null,
  extendedMasterSecret: null,
  encryptThenMac: null,
  sessionTickets: null,
  compression: null,
  heartbeat: null,
};

/** What the ServerHello of TLS 1.2 or below says, one with a suite of CBC mode if there is one. */
export async function helloFeatures(asker: Asker, { name, suites: accepted }: Clear): Promise<HelloFeatures> {
  const cbc = accepted.filter((suite) => CIPHER_SUITES.get(suite)?.name.includes('_CBC_'));
  const suites = cbc.length > 0 ? cbc : accepted;
  const outcome = await asker.ask({ version: TLS_VERSIONS[name], suites, withRelics: true });
  if (outcome.end !== 'answer') {
    asker.doubt('extensions', refusalOf(outcome));
    return NO_HELLO_FEATURES;
  }
  const { extensions, compression } = outcome.hello;
  // SSL 3 has no extensions.
  const has = (type: number): boolean | null => (name === 'SSLv3' ? null : extensions.includes(type));
  return {
    secureRenegotiation: has(Extension.RenegotiationInfo),
    extendedMasterSecret: has(Extension.ExtendedMasterSecret),
    encryptThenMac: cbc.length > 0 ? has(Extension.EncryptThenMac) : null,
    sessionTickets: has(Extension.SessionTicket),
    compression: compression !== 0,
    heartbeat: has(Extension.Heartbeat),
  };
}

/** Whether the server refuses a fallback; null if it cannot be told. @param clear a version below the best one */
export async function refusesFallback(
  asker: Asker,
  { name, suites: accepted }: Clear,
): Promise<boolean | null> {
  const suites = [...accepted.slice(0, 32), FALLBACK_SCSV];
  const outcome = await asker.ask({ version: TLS_VERSIONS[name], suites });
  if (outcome.end === 'answer') return false;
  asker.doubt('fallback', refusalOf(outcome));
  return outcome.end === 'alert' && alertName(outcome.alert) === 'inappropriate_fallback' ? true : null;
}
