import type { CommandContext } from '../../command-context.js';
import { parseReference } from '../../../windows/store/reference.js';
import { withSelectedCertificate } from '../cert/selected-certificate.js';

export const CERTIFICATE_MEANING =
  'thumbprint, LocalMachine\\Store\\thumbprint, or a name of a certificate in LocalMachine\\MY';

/**
 * A certificate for a binding. Names are looked up in LocalMachine\MY; the library finds the rest.
 * @throws {UsageError} when several certificates have the name
 */
export async function certificateReference(context: CommandContext, text: string): Promise<string> {
  try {
    parseReference(text);
    return text;
  } catch {
    return withSelectedCertificate(
      context,
      text,
      {},
      ({ entry }) => Promise.resolve(entry.reference ?? entry.thumbprint),
      'LocalMachine\\MY',
    );
  }
}
