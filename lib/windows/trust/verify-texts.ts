/** The texts for a trust failure: OpenSSL's, as in node:tls, and ours. */
export interface VerifyText {
  /** OpenSSL's text for the code (X509_verify_cert_error_string), which programs and people search for. */
  readonly message: string;
  /** The advice, as a clause. */
  readonly hint: string;
}

/** Trust failures, by their codes in node:tls. */
export const VERIFY_TEXTS = {
  CERT_HAS_EXPIRED: {
    message: 'certificate has expired',
    hint: 'renew it, or set the clock of this machine if that is wrong',
  },
  CERT_NOT_YET_VALID: {
    message: 'certificate is not yet valid',
    hint: 'set the clock of this machine, or wait until the certificate is valid',
  },
  CERT_REJECTED: {
    message: 'certificate rejected',
    hint: 'Windows does not accept the chain for a reason that has no name here',
  },
  CERT_REVOKED: {
    message: 'certificate revoked',
    hint: 'its issuer has withdrawn it: the owner has to replace it',
  },
  CERT_SIGNATURE_FAILURE: {
    message: 'certificate signature failure',
    hint: 'the chain is damaged, forged, or signed with an algorithm that is too weak for this machine',
  },
  CERT_UNTRUSTED: {
    message: 'certificate not trusted',
    hint: 'a certificate trust list of this machine excludes it',
  },
  CRL_HAS_EXPIRED: {
    message: 'CRL has expired',
    hint: 'give a newer list of its issuer by the option crl',
  },
  CRL_NOT_YET_VALID: {
    message: 'CRL is not yet valid',
    hint: 'set the clock of this machine, or give a list by the option crl that holds already',
  },
  CRL_SIGNATURE_FAILURE: {
    message: 'CRL signature failure',
    hint: 'the list of the option crl is damaged or forged, or of an issuer of the same name with another key',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    message: 'self-signed certificate',
    hint: 'if you trust it, pass it as the ca option or install it in the Windows store of trusted roots',
  },
  INVALID_CA: {
    message: 'invalid CA certificate',
    hint: 'a certificate acts as an authority without being one: have it reissued with basicConstraints CA:TRUE',
  },
  INVALID_PURPOSE: {
    message: 'unsuitable certificate purpose',
    hint: 'its key usage or its extended key usage, or those of an authority above it, do not allow this side of TLS: have it reissued with digitalSignature, and serverAuth for a server or clientAuth for a client',
  },
  PATH_LENGTH_EXCEEDED: {
    message: 'path length constraint exceeded',
    hint: 'an authority of the chain may not have that many authorities below it',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    message: 'self-signed certificate in certificate chain',
    hint: 'its root is not trusted: if you trust it, pass it as the ca option or install it in the Windows store of trusted roots',
  },
  UNABLE_TO_GET_CRL: {
    message: 'unable to get certificate CRL',
    hint: "give a list of its issuer by the option crl; for Windows' own look let this machine reach the issuer's revocation server, or use revocation: 'soft'",
  },
  UNABLE_TO_GET_ISSUER_CERT: {
    message: 'unable to get issuer certificate',
    hint: 'the peer sent no certificate, or a chain that leads nowhere',
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    message: 'unable to get local issuer certificate',
    hint: 'the chain ends below a root: let the server send all its intermediates, or trust its root by the ca option or the Windows store of trusted roots',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    message: 'unable to verify the first certificate',
    hint: 'its issuer is unknown: let the server send its intermediates, or trust its root by the ca option or the Windows store of trusted roots',
  },
} as const satisfies Readonly<Record<string, VerifyText>>;

/** The code of a trust failure, spelled as in node:tls. */
export type VerifyCode = keyof typeof VERIFY_TEXTS;
