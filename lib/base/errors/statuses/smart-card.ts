import type { StatusRow } from './status.js';

/** Statuses of smart cards and their readers (`SCARD_…`), which keys on a card return. Numbers from winerror.h. */
export const SMART_CARD_STATUSES: readonly StatusRow[] = [
  [0x80100001, 'SCARD_F_INTERNAL_ERROR', 'The smart card service failed internally.'],
  [0x80100002, 'SCARD_E_CANCELLED', 'The action on the smart card was cancelled.'],
  [0x80100009, 'SCARD_E_UNKNOWN_READER', 'There is no card reader with that name.', 'Connect the reader.'],
  [0x8010000a, 'SCARD_E_TIMEOUT', 'The smart card did not answer in time.', 'Insert the card again.'],
  [
    0x8010000b,
    'SCARD_E_SHARING_VIOLATION',
    'Another program uses the smart card exclusively.',
    'Close the other program that uses the card.',
  ],
  [0x8010000c, 'SCARD_E_NO_SMARTCARD', 'There is no smart card in the reader.', 'Insert the card.'],
  [
    0x8010001d,
    'SCARD_E_NO_SERVICE',
    'The smart card service is not running.',
    'Start the service "Smart Card" (SCardSvr). For a remote session, redirect smart cards to it.',
  ],
  [
    0x80100022,
    'SCARD_E_UNSUPPORTED_FEATURE',
    'The smart card does not support this. Older cards do not support RSA-PSS, for example.',
    'Limit maxVersion to TLSv1.2, or use a newer card.',
  ],
  [0x8010002c, 'SCARD_E_NO_SUCH_CERTIFICATE', 'The smart card has no such certificate.', 'Check the card.'],
  [
    0x8010002e,
    'SCARD_E_NO_READERS_AVAILABLE',
    'There is no card reader.',
    'Connect the reader and install its driver.',
  ],
  [0x80100030, 'SCARD_E_NO_KEY_CONTAINER', 'The smart card has no such key.', 'Check the card.'],
  [
    0x80100065,
    'SCARD_W_UNSUPPORTED_CARD',
    'The reader cannot communicate with this card.',
    'Check the orientation of the card, and insert it again.',
  ],
  [0x80100066, 'SCARD_W_UNRESPONSIVE_CARD', 'The smart card does not answer.', 'Insert the card again.'],
  [0x80100068, 'SCARD_W_RESET_CARD', 'The smart card was reset.', 'Try again.'],
  [
    0x80100069,
    'SCARD_W_REMOVED_CARD',
    'The smart card was removed.',
    'Leave the card in the reader while its key is in use.',
  ],
  [
    0x8010006a,
    'SCARD_W_SECURITY_VIOLATION',
    'The smart card refuses access: the PIN was not given.',
    'Allow the PIN dialog (silent: false), in a session with a desktop.',
  ],
  [
    0x8010006b,
    'SCARD_W_WRONG_CHV',
    'The PIN is wrong.',
    'Check the PIN. It is blocked after a few more wrong attempts.',
  ],
  [
    0x8010006c,
    'SCARD_W_CHV_BLOCKED',
    'The PIN is blocked after too many wrong attempts.',
    'Ask the issuer of the card to unblock it.',
  ],
  [0x8010006e, 'SCARD_W_CANCELLED_BY_USER', 'The user cancelled the PIN dialog.'],
];
