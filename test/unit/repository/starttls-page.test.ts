import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startTlsProtocols } from '#lib/adapters/starttls/start-tls.js';

const page = (name: string): string => readFileSync(path.resolve(__dirname, '../../../docs', name), 'utf8');

describe('docs/starttls.md', () => {
  it('has a row for each protocol, and no other', () => {
    const table = /## Protocols\n([^]*?)\n\n[^|\n]/.exec(page('starttls.md'))?.[1] ?? '';
    // The first row is the heading.
    const [, ...rows] = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(rows.sort(), [...startTlsProtocols].sort());
  });

  it('agrees with others: the pages of the API and of the command line name the same protocols', () => {
    for (const [name, line] of [
      ['cli.md', /^\| `--starttls <protocol>` \|.*$/m],
      ['api.md', /^\| `protocol` \|.*$/m],
    ] as const) {
      const text = line.exec(page(name))?.[0] ?? '';
      for (const protocol of startTlsProtocols) assert.match(text, new RegExp(`\`'?${protocol}'?\``), name);
    }
  });
});
