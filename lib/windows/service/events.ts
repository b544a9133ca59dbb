/** What a service writes into the event log, by its number. EventCreate.exe has a message for 1 to 1000. */
export const EVENT_IDS = {
  running: 1,
  stopped: 2,
  reloaded: 3,
  notReloaded: 4,
  failed: 5,
  message: 10,
} as const;

/** How serious an event is. */
export type EventLevel = 'information' | 'warning' | 'error';

/** EVENTLOG_*_TYPE. */
export const EVENT_TYPES: Readonly<Record<EventLevel, number>> = { error: 1, warning: 2, information: 4 };

/** The same in events that were written. What has no level, or is verbose, is information. */
export const levelOf = (level: number): EventLevel =>
  level === 1 || level === 2 ? 'error' : level === 3 ? 'warning' : 'information';

/** ReportEventW takes 31,839 characters. */
const LONGEST_TEXT = 31_000;

export const eventText = (text: string): string => text.replaceAll('\0', '?').slice(0, LONGEST_TEXT);
