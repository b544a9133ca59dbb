import { argumentError } from '../../base/errors/argument-error.js';

/** Where an authority publishes what verifiers need. */
export interface Addresses {
  readonly list: string;
  readonly certificate: string;
  readonly ocsp: string;
}

/** @param url ends with a slash @param name begins the names of the authority's files */
export const addressesBelow = (url: string, name: string): Addresses => ({
  list: `${url}${name}.crl`,
  certificate: `${url}${name}.crt`,
  ocsp: `${url}${name}/ocsp`,
});

/**
 * The folder of the public files. It has to be plain http: over https, a verifier would need these files before it
 * could fetch them (RFC 5280 §8). They are signed themselves.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url?.protocol === 'http:' && url.search + url.hash + url.username + url.password === '';
  if (url === null || !isPlain || url.href.length > 1000) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The address of an authority must be plain http, such as 'http://pki.example/': its files are signed, and https would need them first. Received '${text}'`,
    );
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/**
 * Whether Windows takes a lower-case file name for a device, whatever extension it has ("Naming Files, Paths, and
 * Namespaces").
 */
export const isDeviceName = (name: string): boolean => /^(?:con|prn|aux|nul|com\d|lpt\d)$/.test(name);

/** 'Example Root G2' as 'example-root-g2', for files and addresses; 'ca-nul' for 'NUL'. */
export function fileNameOf(commonName: string): string {
  const name = commonName
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
  if (name === '') return 'ca';
  return isDeviceName(name) ? `ca-${name}` : name;
}
