import type { Role } from '../../native/binding.js';
import { dotted, type Span, spanAt, spansIn } from '../../formats/asn1/der-spans.js';
import { readable, unreadable } from '../../formats/x509/certificate-of.js';

const PURPOSES: Readonly<Record<Role, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};

/** anyExtendedKeyUsage (RFC 5280 §4.2.1.12). */
const ANY_PURPOSE = '2.5.29.37.0';

const TAG = { oid: 0x06, sequence: 0x30, rejected: 0xa0 } as const;

/**
 * The roles that an authority is trusted for, by the settings after OpenSSL's "TRUSTED CERTIFICATE" (X509_CERT_AUX).
 * If they name purposes, only those are trusted. Rejected purposes never are. As OpenSSL's X509_check_trust().
 *
 * @param settings DER; without settings it is trusted for all roles
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE
 */
export const trustedFor = (settings: Uint8Array): readonly Role[] =>
  settings.length === 0 ? EVERYBODY : readable(() => rolesIn(settings));

function rolesIn(settings: Uint8Array): readonly Role[] {
  const whole = spanAt(settings, 0);
  if (whole.tag !== TAG.sequence) throw unreadable();
  const parts = spansIn(whole.content);
  const trusted = purposesIn(parts.find(({ tag }) => tag === TAG.sequence));
  const rejected = purposesIn(parts.find(({ tag }) => tag === TAG.rejected)) ?? [];
  const has = (list: readonly string[], role: Role): boolean =>
    list.includes(PURPOSES[role]) || list.includes(ANY_PURPOSE);
  return EVERYBODY.filter((role) => !has(rejected, role) && (trusted === null || has(trusted, role)));
}

export const EVERYBODY: readonly Role[] = Object.freeze(['server', 'client']);

/** Null if no purposes are named. */
function purposesIn(list: Span | undefined): string[] | null {
  if (list === undefined) return null;
  return spansIn(list.content).map(({ tag, content }) => {
    if (tag !== TAG.oid) throw unreadable();
    return dotted(content);
  });
}
