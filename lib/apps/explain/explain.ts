import { describeAlert } from '../../base/errors/alerts.js';
import { describeEvent } from '../../base/errors/events.js';
import { describeStatus, findStatus } from '../../base/errors/status-table.js';
import {
  alertExplanation,
  eventExplanation,
  eventWithAlert,
  httpExplanation,
  namedExplanations,
  statusExplanation,
  trustExplanations,
} from './entries.js';
import type { Explanation } from './explanation.js';

/**
 * What a code of any kind means. A bare number can have several meanings. All of them are given, the likeliest first.
 *
 * Accepts names in any case ('SEC_E_UNTRUSTED_ROOT', 'unknown_ca', 'CERT_TRUST_IS_REVOKED', 'CERT_HAS_EXPIRED',
 * 'ERR_SCHANNEL_…'), statuses as Windows prints them ('0x80090325', '80090325', '-2146893019', '86'), ids of events
 * ('36870', with an alert '36887:48'), statuses of IIS ('403.13') and error bits of a chain ('0x10020'). A word in
 * front selects the kind: 'alert 48', 'event 36887', 'trust 32', 'http 403.7', 'status 86'.
 *
 * @returns empty if nothing matches
 */
export function explain(text: string): readonly Explanation[] {
  const wanted = text.trim();
  const [, kind, rest] = /^(alert|event|trust|http|status)\s+(.+)$/i.exec(wanted) ?? [];
  if (kind === undefined || rest === undefined) return anyKind(wanted);
  return KINDS[kind.toLowerCase()]?.(rest.trim()) ?? [];
}

const KINDS: Readonly<Record<string, (text: string) => readonly Explanation[]>> = {
  alert: (text) => [
    ...alertOf(text),
    ...namedExplanations(text).filter((explanation) => explanation.kind === 'alert'),
  ],
  event: (text) => [...eventOf(text), ...eventAndAlertOf(text)],
  http: (text) => some(httpExplanation(text)),
  status: (text) => statusOf(text),
  trust: (text) => [
    ...(NUMBER.test(text) ? trustExplanations(Number(text)) : []),
    ...namedExplanations(text).filter((explanation) => explanation.kind === 'trust'),
  ],
};

/** A number as programs print it. */
const NUMBER = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i;
/** Bits are written in hexadecimal; a small decimal number is an alert or a Win32 error. */
const LOOKS_LIKE_BITS = 0x10000;

function anyKind(text: string): readonly Explanation[] {
  const event = [...eventOf(text), ...eventAndAlertOf(text)];
  if (event.length > 0) return event;
  return [
    ...some(httpExplanation(text)),
    ...namedExplanations(text),
    ...statusOf(text),
    ...alertOf(text),
    ...bitsOf(text),
  ];
}

/** Event logs and HRESULTs also appear without the 0x. */
function statusOf(text: string): readonly Explanation[] {
  const entry =
    findStatus(text) ?? (/^[89c][0-9a-f]{7}$/i.test(text) ? describeStatus(parseInt(text, 16)) : null);
  return some(entry && statusExplanation(entry));
}

function alertOf(text: string): readonly Explanation[] {
  const entry = /^\d{1,3}$/.test(text) ? describeAlert(Number(text)) : null;
  return some(entry && alertExplanation(entry));
}

function eventOf(text: string): readonly Explanation[] {
  const entry = /^\d{5}$/.test(text) ? describeEvent(Number(text)) : null;
  return some(entry && eventExplanation(entry));
}

/** '36887:48', also with a blank or a slash. */
function eventAndAlertOf(text: string): readonly Explanation[] {
  const [, id, alert] = /^(\d{5})\s*[:/\s]\s*(\d{1,3})$/.exec(text) ?? [];
  return id === undefined || alert === undefined ? [] : eventWithAlert(Number(id), Number(alert));
}

function bitsOf(text: string): readonly Explanation[] {
  if (!NUMBER.test(text)) return [];
  const bits = Number(text);
  const written = /^0x/i.test(text) || bits >= LOOKS_LIKE_BITS;
  return written && bits > 0 && bits <= 0xffffffff ? trustExplanations(bits) : [];
}

const some = (explanation: Explanation | null): readonly Explanation[] =>
  explanation === null ? [] : [explanation];
