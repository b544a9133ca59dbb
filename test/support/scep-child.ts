import { createHash, X509Certificate } from 'node:crypto';
import http from 'node:http';
import { exchangeBy } from '#lib/apps/enrol/exchange.js';
import { submitRequest } from '#lib/apps/enrol/submit-request.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { turn } from './patience.js';
import { scepKey } from './scep-authority.js';
import { submitSystem } from './submit-system.js';

/**
 * Runs in a separate network, since Debian's scepserver listens on all addresses. Prints what the server at this
 * address answered to the right challenge and to a wrong one, as JSON.
 */
async function main(url: string, challenge: string): Promise<void> {
  const exchange = exchangeBy(http.request);
  const certificate = await whenItListens(() =>
    exchange({ method: 'GET', url: new URL(`${url}?operation=GetCACert`), tls: {} }),
  );
  const fingerprint = createHash('sha256').update(certificate.body).digest('hex');
  const key = scepKey();
  const wishes = wishesOf({ dns: ['device.example'] });
  const extensions = requestedExtensions({ ...wishes, keyUsage: ['digitalSignature'] }, true);
  const request = await signRequest({ subject: wishes.subject, extensions }, key);
  const results: object[] = [];
  for (const each of [challenge, 'wrong']) {
    const scep = { url, key, fingerprint, challenge: each };
    const { state, reason, chain } = await submitRequest(request, { scep }, submitSystem({ exchange }));
    const [leaf, issuer] = chain.map((der) => new X509Certificate(der));
    results.push({
      state,
      reason,
      names: leaf?.subjectAltName ?? null,
      isSigned: leaf !== undefined && issuer !== undefined && leaf.verify(issuer.publicKey),
    });
  }
  process.stdout.write(JSON.stringify(results));
}

/** The server has just been started. */
async function whenItListens<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ECONNREFUSED') throw error;
      await turn();
    }
  }
}

const [, , url = '', challenge = ''] = process.argv;
main(url, challenge).catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
