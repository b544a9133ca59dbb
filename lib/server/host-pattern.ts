/**
 * Matches the names that a context was added for, as node:tls does: in any case, `*` for a part without a dot, so that
 * '*.example.com' is neither 'example.com' nor 'a.b.example.com'.
 */
export function hostPattern(hostname: string): RegExp {
  const parts = hostname.split('*').map((part) => part.replace(/[$()+.?[\\\]^{|}-]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^.]*')}$`, 'i');
}
