import { startPeer } from './peers.js';
import { TestAuthority } from './certificates.js';

/** A root and an issuing authority below it. OpenSSL, which we didn't write, signs the requests. */
export class OpensslAuthority {
  readonly root: TestAuthority;
  readonly issuing: TestAuthority;

  private constructor(root: TestAuthority, issuing: TestAuthority) {
    this.root = root;
    this.issuing = issuing;
  }

  /** @param id makes the names unique: other tests use the same stores */
  static async create(id: string): Promise<OpensslAuthority> {
    const root = await TestAuthority.create(`CN=root ${id}`);
    return new OpensslAuthority(root, await root.authority(`CN=issuing ${id}`));
  }

  /** `openssl x509 -req`: the certificate as PEM, with the extensions that were asked for. */
  sign(request: string, ...options: readonly string[]): Promise<string> {
    return this.#run(
      ['x509', '-req', '-in', '{file:request}', ...this.#authority, '-copy_extensions', 'copy', ...options],
      {
        request,
      },
    );
  }

  /** `openssl ca`: an authority with a database and a policy, which has its own idea of subject and extensions. */
  issue(request: string): Promise<string> {
    const configuration = [
      '[ca]\ndefault_ca = own\n[own]\nnew_certs_dir = {dir}\ndatabase = {file:database}\nrand_serial = yes',
      'default_md = sha256\ndefault_days = 30\npolicy = any\nunique_subject = no\ncopy_extensions = none\nx509_extensions = leaf',
      '[any]\ncommonName = supplied\n[leaf]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth',
    ].join('\n');
    const args = ['ca', '-batch', '-notext', '-config', '{file:configuration}', '-in', '{file:request}'];
    const { cert, key } = this.issuing.certificate;
    return this.#run([...args, '-cert', '{file:ca}', '-keyfile', '{file:key}'], {
      configuration,
      database: '',
      request,
      ca: cert,
      key,
    });
  }

  /** A P7B with these certificates, as PEM. */
  bundle(...certificates: readonly string[]): Promise<string> {
    return this.#run(['crl2pkcs7', '-nocrl', '-certfile', '{file:certificates}'], {
      certificates: certificates.join(''),
    });
  }

  get #authority(): readonly string[] {
    return ['-CA', '{file:ca}', '-CAkey', '{file:key}', '-days', '30'];
  }

  async #run(args: readonly string[], given: Readonly<Record<string, string>>): Promise<string> {
    const { cert, key } = this.issuing.certificate;
    const peer = await startPeer('openssl', args, { files: { ca: cert, key, ...given } });
    const { code } = await peer.exited;
    const pem = /-----BEGIN [^]*-----END [^-]+-----\n/.exec(peer.output())?.[0];
    if (code !== 0 || pem === undefined) throw new Error(`openssl ${args.join(' ')}: ${peer.output()}`);
    return pem;
  }
}
