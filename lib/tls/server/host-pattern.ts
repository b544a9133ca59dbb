/** Matches the names of a context, as a RegExp does. */
export type HostPattern = Pick<RegExp, 'test'>;

/**
 * Matches the names of a context as node:tls does: case-insensitive, with `*` for a part without a dot.
 * '*.example.com' matches neither 'example.com' nor 'a.b.example.com'. It is no regular expression, because with
 * several `*` that would try every way to match a name that a stranger sends.
 */
export function hostPattern(hostname: string): HostPattern {
  const labels = hostname
    .toLowerCase()
    .split('.')
    .map((label) => label.split('*'));
  return {
    test: (name) => {
      const parts = name.toLowerCase().split('.');
      return parts.length === labels.length && labels.every((pieces, at) => fits(pieces, parts[at] ?? ''));
    },
  };
}

/** Whether the text begins with the first piece, ends with the last, and has the others in between, in order. */
function fits([first = '', ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    // The earliest match leaves the most text to the pieces that follow.
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
