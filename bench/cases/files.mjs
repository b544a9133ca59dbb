/**
 * Files of certificates and keys: how long each kind of work takes. The limits of files depend on this (docs/pfx.md).
 * Only this library takes part.
 */
import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  pbkdf2Sync,
  X509Certificate,
} from 'node:crypto';

const BYTES = 1 << 16;
const ITERATIONS = 20_000;
const TIMES = 50;

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity, clients, figures, rounds }) {
  if (!clients.some(({ name }) => name === 'ours')) return;
  const steps = await stepsOf(identity);
  const all = steps.map(({ id, title }) => figures.get(`files.${id}`, title, 'µs'));
  const measure = () => steps.map(({ count, work }) => microseconds(work) / count);
  await rounds([{ name: 'ours', measure }], (contestant, samples) => {
    samples.forEach((sample, index) => all[index].add(contestant, sample));
  });
}

function microseconds(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1000;
}

async function stepsOf(identity) {
  const { readElement } = await import('#lib/formats/asn1/element.js');
  const { measure } = await import('#lib/formats/asn1/measure.js');
  const { READ_LIMITS, ReadBudget } = await import('#lib/formats/asn1/read-budget.js');
  const { SHA1 } = await import('#lib/formats/pbe/digests.js');
  const { pkcs12Derive, PURPOSE } = await import('#lib/formats/pbe/pkcs12-kdf.js');
  const { decryptRc2 } = await import('#lib/formats/pbe/rc2.js');

  const all = { elements: Infinity, identifierBytes: Infinity, textBytes: Infinity };
  const nothings = sequence(Buffer.alloc(BYTES, Buffer.of(5, 0)));
  const decode = (bytes) => readElement(bytes, new ReadBudget(all));
  const derivation = { digest: SHA1, purpose: PURPOSE.key, length: SHA1.size };
  const password = Buffer.from('secret');
  const derive = (salt, iterations) => pkcs12Derive(password, { ...derivation, salt, iterations });
  const certificate = new X509Certificate(identity.cert);
  const root = new X509Certificate(identity.ca);
  const pkcs8 = (key) => key.export({ format: 'der', type: 'pkcs8' });
  const rsa = pkcs8(createPrivateKey(identity.key));
  const ec = pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const readKey = (key) => createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
  const again = (work) => {
    for (let time = 0; time < TIMES; time++) work();
  };
  return [
    {
      id: 'measure',
      title: 'measuring an element of ASN.1',
      count: BYTES / 2,
      work: () => measure(nothings, READ_LIMITS),
    },
    { id: 'element', title: 'decoding an element', count: BYTES / 2, work: () => decode(nothings) },
    {
      id: 'identifier',
      title: 'decoding a byte of an identifier',
      count: BYTES,
      work: () => decode(element(6, Buffer.alloc(BYTES, 1))),
    },
    {
      id: 'text',
      title: 'decoding a byte of a text',
      count: BYTES,
      work: () => decode(element(12, Buffer.alloc(BYTES, 'a'))),
    },
    {
      id: 'pkcs12',
      title: 'an iteration of the old derivation',
      count: ITERATIONS,
      work: () => derive(Buffer.alloc(8), ITERATIONS),
    },
    {
      id: 'salt',
      title: '256 bytes of its salt',
      count: BYTES / 256,
      work: () => derive(Buffer.alloc(BYTES), 1),
    },
    ...['sha1', 'sha256', 'sha512'].map((digest) => ({
      id: `pbkdf2.${digest}`,
      title: `an iteration of PBKDF2 with ${digest.toUpperCase()}`,
      count: ITERATIONS,
      work: () => pbkdf2Sync(password, 'salt', ITERATIONS, 20, digest),
    })),
    {
      id: 'rc2',
      title: 'a block of RC2',
      count: BYTES / 8,
      work: () => decryptRc2(Buffer.alloc(5), Buffer.alloc(8), Buffer.alloc(BYTES)),
    },
    {
      id: '3des',
      title: 'a block of 3DES',
      count: BYTES / 8,
      work: () =>
        createDecipheriv('des-ede3-cbc', Buffer.alloc(24), Buffer.alloc(8)).update(Buffer.alloc(BYTES)),
    },
    {
      id: 'key',
      title: 'a private key (EC), and its public half',
      count: TIMES,
      work: () => again(() => readKey(ec)),
    },
    {
      id: 'key.rsa',
      title: 'a private key (RSA), and its public half',
      count: TIMES,
      work: () => again(() => readKey(rsa)),
    },
    {
      id: 'certificate',
      title: 'a certificate',
      count: TIMES,
      work: () => again(() => new X509Certificate(certificate.raw)),
    },
    {
      id: 'public',
      title: 'its public key',
      count: TIMES,
      work: () =>
        again(() => new X509Certificate(certificate.raw).publicKey.export({ format: 'der', type: 'spki' })),
    },
    {
      id: 'signature',
      title: 'its signature',
      count: TIMES,
      work: () => again(() => certificate.verify(root.publicKey)),
    },
  ];
}

const sequence = (content) => element(0x30, content);

const element = (tag, content) =>
  Buffer.concat([
    Buffer.of(tag, 0x83, content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff),
    content,
  ]);
