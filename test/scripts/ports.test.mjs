import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { keepPorts, rangeOf } from '../../scripts/peers/ports.mjs';

describe('scripts/peers/ports', () => {
  before(function () {
    if (process.platform === 'win32') {
      this.test.parent.skipReason = 'peers are Linux programs';
      this.skip();
    }
  });

  const listen = (port) =>
    new Promise((resolve, reject) => {
      const server = net.createServer();
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => server.close(resolve));
    });

  it('keeps ports that can be listened on, each for one', async () => {
    const narrow = [21_000, 21_040];
    const kept = await Promise.all([keepPorts(15, narrow), keepPorts(15, narrow)]);
    const ports = kept.flatMap((some) => some.ports);
    assert.equal(new Set(ports).size, 30);
    await Promise.all(ports.map(listen));
    kept.forEach(({ release }) => release());
  });

  it('takes none that the kernel would give to somebody else', async () => {
    const setting = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first, last] = setting.trim().split(/\s+/).map(Number);
    const { ports, release } = await keepPorts(20);
    assert.deepEqual(
      ports.filter((port) => port >= first && port <= last),
      [],
    );
    release();
  });

  for (const [setting, range] of [
    ['32768\t60999\n', [22768, 32768]],
    ['2100\t60999\n', [1024, 2100]],
    ['1024\t60999\n', [61000, 65536]],
    ['1024\t65535\n', [1024, 65536]],
  ]) {
    it(`chooses where the kernel chooses from ${setting.trim().replace('\t', ' to ')}`, () => {
      assert.deepEqual(rangeOf(setting), range);
    });
  }
});
