import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { command } from '../rig/command.mjs';

const YEARS = 10;

/** Certificates without a word of what they are for, as the fixtures are; but one that signs others says so. */
const SETTINGS = '[req]\ndistinguished_name = dn\n[dn]\n[ca]\nbasicConstraints = critical, CA:TRUE\n';

/**
 * Makes certificates again, with keys of RSA and the names that they had.
 * @param {import('./suites.mjs').Fixture[]} fixtures
 * @param {string} directory where their files are
 */
export async function remake(fixtures, directory) {
  const settings = join(directory, 'fixtures.cnf');
  for (const [index, fixture] of fixtures.entries()) {
    const { certificate, key, issuer, subject = await subjectOf(certificate, directory) } = fixture;
    await mkdir(dirname(join(directory, certificate)), { recursive: true });
    await writeFile(settings, SETTINGS);
    const signs = fixtures.some((other) => other.issuer === index);
    const signer = fixtures[issuer];
    const args = [
      ...['req', '-x509', '-config', settings, '-subj', subject, '-days', String(YEARS * 365)],
      ...['-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', certificate],
      ...(signs ? ['-extensions', 'ca'] : []),
      ...(signer ? ['-CA', signer.certificate, '-CAkey', signer.key] : []),
    ];
    await command('openssl', args, { cwd: directory });
    await rm(settings);
  }
}

async function subjectOf(certificate, directory) {
  const show = ['x509', '-in', certificate, '-noout', '-subject', '-nameopt', 'compat'];
  return (await command('openssl', show, { cwd: directory })).trim().replace(/^subject=\s*/, '');
}
