/**
 * What binds a sign-in to TLS: tls-server-end-point (RFC 5929 §4) with its prefix, as SSPI and GSSAPI have it. Null of
 * a stream that does not know it.
 */
export function endPointOf(stream: object): Buffer | null {
  if (!('getChannelBinding' in stream) || typeof stream.getChannelBinding !== 'function') return null;
  const hash: unknown = Reflect.apply(stream.getChannelBinding, stream, ['tls-server-end-point']);
  return hash instanceof Uint8Array ? Buffer.concat([Buffer.from('tls-server-end-point:'), hash]) : null;
}
