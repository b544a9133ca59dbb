import { NODE_CODES, type NodeCode } from '../../base/errors/node-codes.js';
import { trustFaults, TRUST_FAULTS, type TrustFault } from '../../windows/trust/trust-faults.js';
import { VERIFY_TEXTS, type VerifyCode } from '../../windows/trust/verify-texts.js';
import { ALERT_TABLE, alertsOfStatus, describeAlert, type AlertEntry } from '../../base/errors/alerts.js';
import { SCHANNEL_ERROR_CODES, type SchannelErrorCode } from '../../base/errors/codes.js';
import { describeEvent, type EventEntry } from '../../base/errors/events.js';
import { describeHttpSubStatus } from '../../base/errors/http-sub-statuses.js';
import {
  describeStatus,
  formatStatus,
  statusName,
  type StatusEntry,
} from '../../base/errors/status-table.js';
import type { Explanation } from './explanation.js';

/** The entries of all tables in one form. */

/** Plain Win32 errors are below; HRESULTs are written in hexadecimal. */
const WIN32_ERRORS_END = 0x10000;
const PREFIX = 'CERT_TRUST_';
/** SEC_E_ILLEGAL_MESSAGE: all alerts without a separate status. */
const ILLEGAL_MESSAGE = 0x80090326;

export function statusExplanation({ status, name, meaning, remedy }: StatusEntry): Explanation {
  return {
    kind: 'status',
    code: status < WIN32_ERRORS_END ? String(status) : formatStatus(status),
    name,
    meaning,
    remedy,
    related: [
      ...(status === ILLEGAL_MESSAGE ? [] : alertsOfStatus(status).map((alert) => alert.name)),
      ...TRUST_FAULTS.filter((fault) => fault.status === status).map((fault) => PREFIX + fault.name),
    ],
  };
}

export function alertExplanation({ description, name, meaning, advice, status }: AlertEntry): Explanation {
  return {
    kind: 'alert',
    code: String(description),
    name,
    meaning: `TLS alert: its sender says that ${meaning}.`,
    remedy: advice,
    related: [statusName(status)],
  };
}

export function trustExplanation({ bit, name, status }: TrustFault): Explanation {
  const entry = describeStatus(status);
  return {
    kind: 'trust',
    code: formatStatus(bit),
    name: name.startsWith('0x') ? name : PREFIX + name,
    meaning: entry?.meaning ?? 'A fault of the chain that has no name here.',
    remedy: entry?.remedy ?? null,
    related: [statusName(status)],
  };
}

export function eventExplanation({ id, name, meaning, remedy }: EventEntry): Explanation {
  return { kind: 'event', code: String(id), name: `Schannel event: ${name}`, meaning, remedy, related: [] };
}

/** A status of IIS; null if unknown. */
export function httpExplanation(code: string): Explanation | null {
  const entry = describeHttpSubStatus(code);
  if (entry === null) return null;
  return { ...entry, kind: 'http', name: `HTTP: ${entry.name}`, related: [] };
}

/** The faults in dwErrorStatus, most severe first; empty unless all bits are known. */
export function trustExplanations(bits: number): readonly Explanation[] {
  const faults = trustFaults(bits);
  return faults.every(({ name }) => !name.startsWith('0x')) ? faults.map(trustExplanation) : [];
}

/** An event with the alert it names. */
export function eventWithAlert(id: number, description: number): readonly Explanation[] {
  const event = describeEvent(id);
  const alert = describeAlert(description);
  if (event === null || !event.namesAlert || alert === null) return [];
  return [eventExplanation(event), alertExplanation(alert)];
}

/** Everything with this symbolic name, in any case: alerts, chain faults, error codes. */
export function namedExplanations(text: string): readonly Explanation[] {
  const name = text.toUpperCase();
  const bare = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  const code = errorExplanation(name);
  return [
    ...(code === null ? [] : [code]),
    ...ALERT_TABLE.filter((alert) => alert.name.toUpperCase() === name).map(alertExplanation),
    ...TRUST_FAULTS.filter((fault) => fault.name === bare).map(trustExplanation),
  ];
}

function errorExplanation(code: string): Explanation | null {
  const entry = { kind: 'error', code, name: code, related: [] } as const;
  if (isOwnCode(code)) {
    const { meaning, remedy } = SCHANNEL_ERROR_CODES[code];
    return { ...entry, meaning: withoutBackticks(meaning), remedy: withoutBackticks(remedy) };
  }
  if (isVerifyCode(code)) {
    const { message, hint } = VERIFY_TEXTS[code];
    return { ...entry, meaning: sentence(message), remedy: sentence(hint) };
  }
  if (isNodeCode(code)) return { ...entry, ...NODE_CODES[code] };
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return null;
  const { meaning, remedy } = describeStatus(0x800b010f) ?? { meaning: '', remedy: null }; // CERT_E_CN_NO_MATCH
  return { ...entry, meaning, remedy, related: ['CERT_E_CN_NO_MATCH'] };
}

const isOwnCode = (code: string): code is SchannelErrorCode => Object.hasOwn(SCHANNEL_ERROR_CODES, code);
const isNodeCode = (code: string): code is NodeCode => Object.hasOwn(NODE_CODES, code);
const isVerifyCode = (code: string): code is VerifyCode => Object.hasOwn(VERIFY_TEXTS, code);

const withoutBackticks = (text: string): string => text.replaceAll('`', '');
const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
