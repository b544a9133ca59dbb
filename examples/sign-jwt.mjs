// Signs a JSON Web Token with a key in the Windows store. The key need not be exportable, so TPMs and smart cards work
// too.
//   node sign-jwt.mjs CurrentUser\MY\<thumbprint>
import { base64url, jwtVerify, UnsecuredJWT } from 'jose';
import { findCertificate } from 'schannel/store';

// RFC 7518 §3: 'RS256' is PKCS #1. With a curve, the digest depends on the curve, and the signature is r‖s instead of
// DER.
const ALGORITHMS = {
  rsa: { alg: 'RS256', digest: 'sha256' },
  'P-256': { alg: 'ES256', digest: 'sha256' },
  'P-384': { alg: 'ES384', digest: 'sha384' },
  'P-521': { alg: 'ES512', digest: 'sha512' },
};

// jose cannot sign with a key that is in a store. So jose encodes the claims, Windows signs them (RFC 7515 §3.1), and
// jose verifies the token like any other.
async function signJwt(token, key, header) {
  const { alg, digest } = ALGORITHMS[key.facts.curve ?? key.facts.algorithm];
  const [, claims] = token.encode().split('.');
  const input = `${base64url.encode(JSON.stringify({ alg, ...header }))}.${claims}`;
  const signature = await key.sign(digest, Buffer.from(input), { dsaEncoding: 'ieee-p1363' });
  return `${input}.${base64url.encode(signature)}`;
}

try {
  const certificate = await findCertificate(process.argv[2] ?? '');
  const key = await certificate.openPrivateKey(); // a smart card asks for its PIN now, or when it signs
  const token = new UnsecuredJWT({ scope: 'mail.read' })
    .setIssuer(certificate.subject)
    .setAudience('https://login.example')
    .setIssuedAt()
    .setExpirationTime('5 minutes');
  const thumbprint = Buffer.from(certificate.thumbprint256, 'hex');
  const jwt = await signJwt(token, key, { typ: 'JWT', 'x5t#S256': base64url.encode(thumbprint) });
  console.log(jwt);

  const { payload } = await jwtVerify(jwt, certificate.publicKey, { audience: 'https://login.example' });
  console.log(`verified: issued by ${payload.iss}, signed in ${key.facts.provider}`);
  await key.close();
  certificate.close();
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  if (error.advice) console.error(error.advice);
  process.exitCode = 1;
}
