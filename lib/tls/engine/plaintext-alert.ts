import { Alert, alertDetails } from '../../base/errors/alerts.js';
import type { AlertDetails } from '../../base/errors/schannel-error.js';
import { ContentType, HEADER_LENGTH, fragmentLength } from './record.js';

const WARNING = 1;
const FATAL = 2;

/** A fatal alert in the clear (RFC 8446 §6), for the time before there are keys. */
export const alertRecord = (description: number): Uint8Array =>
  Uint8Array.of(ContentType.Alert, 3, 3, 0, 2, FATAL, description);

/**
 * The alert in a record that is an alert in the clear: level and description. Warnings end nothing, except
 * close_notify.
 */
export function alertIn(record: Uint8Array, direction: 'sent' | 'received'): AlertDetails | null {
  if (record[0] !== ContentType.Alert || fragmentLength(record, 0) !== 2) return null;
  const [level, description = 0] = record.subarray(HEADER_LENGTH);
  return level === WARNING && description !== Alert.CloseNotify ? null : alertDetails(description, direction);
}

/** The last alert in the clear among whole records of the peer. */
export function lastAlertIn(records: Uint8Array): AlertDetails | null {
  let alert: AlertDetails | null = null;
  for (let at = 0; at < records.length; at += HEADER_LENGTH + fragmentLength(records, at)) {
    alert = alertIn(records.subarray(at), 'received') ?? alert;
  }
  return alert;
}
