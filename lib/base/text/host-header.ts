/**
 * The host of a Host header (RFC 9110 §7.2), in lower case, without its port and a final dot: 'www.example',
 * '127.0.0.1' or '[::1]'. Null for anything else.
 */
export function hostOf(header: string | undefined): string | null {
  const match = /^([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.exec(header ?? '');
  const host = match?.[1]?.toLowerCase().replace(/\.$/, '') ?? '';
  return host !== '' && URL.canParse(`https://${host}`) ? host : null;
}
