import type { StatusRow } from './status.js';

/** Statuses of smart cards and their readers (`SCARD_…`), which a key on a card passes on. Numbers from winerror.h. */
export const SMART_CARD_STATUSES: readonly StatusRow[] = [
  [0x80100001, 'SCARD_F_INTERNAL_ERROR', 'The smart card service failed inside.'],
  [0x80100002, 'SCARD_E_CANCELLED', 'The action on the smart card was cancelled.'],
  [0x80100009, 'SCARD_E_UNKNOWN_READER', 'There is no card reader of that name.', 'Connect the reader.'],
  [0x8010000a, 'SCARD_E_TIMEOUT', 'The smart card did not answer in time.', 'Insert the card again.'],
  [
    0x8010000b,
    'SCARD_E_SHARING_VIOLATION',
    'Another program has the smart card for itself.',
    'Close the other program that uses the card.',
  ],
  [0x8010000c, 'SCARD_E_NO_SMARTCARD', 'No smart card is in the reader.', 'Insert the card.'],
  [
    0x8010001d,
    'SCARD_E_NO_SERVICE',
    'The smart card service does not run.',
    'Start the service "Smart Card" (SCardSvr); in a remote session, pass smart cards on to it.',
  ],
  [
    0x80100022,
    'SCARD_E_UNSUPPORTED_FEATURE',
    'The smart card cannot do this, such as RSA-PSS on an older card.',
    'Limit maxVersion to TLSv1.2, or use a newer card.',
  ],
  [0x8010002c, 'SCARD_E_NO_SUCH_CERTIFICATE', 'The smart card has no such certificate.', 'Check the card.'],
  [
    0x8010002e,
    'SCARD_E_NO_READERS_AVAILABLE',
    'No card reader is there.',
    'Connect the reader and install its driver.',
  ],
  [0x80100030, 'SCARD_E_NO_KEY_CONTAINER', 'The smart card has no such key.', 'Check the card.'],
  [
    0x80100065,
    'SCARD_W_UNSUPPORTED_CARD',
    'The reader cannot talk to this card.',
    'Insert it the right way.',
  ],
  [0x80100066, 'SCARD_W_UNRESPONSIVE_CARD', 'The smart card does not answer.', 'Insert the card again.'],
  [0x80100068, 'SCARD_W_RESET_CARD', 'The smart card was reset.', 'Try again.'],
  [
    0x80100069,
    'SCARD_W_REMOVED_CARD',
    'The smart card was pulled out.',
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
    'Check the PIN: few tries remain before it is blocked.',
  ],
  [
    0x8010006c,
    'SCARD_W_CHV_BLOCKED',
    'The PIN is blocked after too many wrong ones.',
    'Have whoever issued the card unblock it.',
  ],
  [0x8010006e, 'SCARD_W_CANCELLED_BY_USER', 'The user cancelled the PIN dialog.'],
];
