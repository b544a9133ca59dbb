/** Longest piece of a peer's text that goes into a message, in UTF-16 units. */
const MAXIMUM = 300;

/**
 * A peer's text for a message or a terminal: line ends become ' / ', other control characters '?', and a long text is
 * cut. A peer must not be able to move the cursor or to colour a log.
 */
export function printable(text: string): string {
  const plain = text.replace(/\r?\n/g, ' / ').replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return plain.length > MAXIMUM ? `${plain.slice(0, MAXIMUM)} …` : plain;
}
