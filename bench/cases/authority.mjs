/**
 * A certificate authority: issuing, a long revocation list, and opening one that has issued much. Only this library
 * takes
 * part. The keys are on P-256 in files, so that the figures are those of the library and of the disk.
 */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PASSPHRASE = 'bench';

/** @param {import('../run.mjs').Bench} bench */
export async function run({ clients, figures, rounds, certificates }) {
  if (!clients.some(({ name }) => name === 'ours')) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'schannel-bench-ca-'));
  try {
    const steps = await stepsOf(folder, certificates);
    const all = steps.map(({ id, title }) => figures.get(`authority.${id}`, title, 's'));
    const measure = async () => {
      const seconds = [];
      for (const { work } of steps) seconds.push(await secondsOf(work));
      return seconds;
    };
    await rounds([{ name: 'ours', measure }], (contestant, samples) => {
      samples.forEach((sample, index) => all[index].add(contestant, sample));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function secondsOf(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** @param {number} certificates of the large authority; a tenth are issued, and five times as many are revoked */
async function stepsOf(folder, certificates) {
  const issued = Math.ceil(certificates / 10);
  const entries = certificates * 5;
  const { CertificateAuthority } = await import('schannel/pki');
  const { signRevocationList } = await import('#lib/formats/revocation/revocation-list-writer.js');
  const { signerOf } = await import('#lib/formats/x509/key-signer.js');
  const { parseRevocationLists } = await import('#lib/formats/x509/revocation-list.js');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  let count = 0;
  const create = () => {
    count += 1;
    return CertificateAuthority.init(path.join(folder, String(count)), {
      subject: 'CN=Bench',
      url: 'http://pki.example/',
      key: { passphrase: PASSPHRASE, algorithm: 'ec', namedCurve: 'P-256', iterations: 1000 },
    });
  };
  // One key for the same names: making keys would be measured too.
  const wish = { publicKey, names: { dns: ['www.bench.example'] } };
  const issue = async (authority, times) => {
    for (let time = 0; time < times; time += 1) await authority.issue(wish);
  };
  const large = await create();
  await issue(large, 1);
  enlarge(path.join(large.folder, 'log.jsonl'), certificates - 1);

  const now = new Date();
  const content = {
    issuer: Buffer.from('3000', 'hex'),
    keyIdentifier: Buffer.alloc(20),
    number: 1,
    thisUpdate: now,
    nextUpdate: now,
    nextPublish: now,
    revoked: Array.from({ length: entries }, () => ({
      serialNumber: randomBytes(16),
      at: now,
      reason: 'superseded',
    })),
  };
  let list;
  return [
    {
      id: 'issue',
      title: `issue ${issued} certificates`,
      work: async () => issue(await create(), issued),
    },
    {
      id: 'list.write',
      title: `write a revocation list of ${entries}`,
      work: async () => (list = await signRevocationList(content, signerOf(privateKey))),
    },
    { id: 'list.read', title: 'read it', work: () => parseRevocationLists(list) },
    {
      id: 'open',
      title: `open an authority of ${certificates} certificates`,
      work: () => CertificateAuthority.open(large.folder, { passphrase: PASSPHRASE }),
    },
  ];
}

/** Adds certificates to a log without signing them: its last two lines again, with other serial numbers. */
function enlarge(log, times) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const patterns = lines.slice(-2).map((line) => JSON.parse(line));
  const { time } = patterns.at(-1);
  let before = hashOf(`${lines.at(-1)}\n`);
  let n = lines.length;
  const added = [];
  for (let index = 0; index < times; index += 1) {
    const serial = `50${randomBytes(15).toString('hex').toUpperCase()}`;
    for (const pattern of patterns) {
      n += 1;
      const line = `${JSON.stringify({ ...pattern, n, time, serial, before })}\n`;
      before = hashOf(line);
      added.push(line);
    }
  }
  appendFileSync(log, added.join(''));
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex');
