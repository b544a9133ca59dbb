import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { keepPorts } from '../../scripts/peers/ports.mjs';

describe('peers: a server', () => {
  it('is called ready in a separate line, though it has stopped in the middle of one', async () => {
    const { ports, release } = await keepPorts(1);
    const [port] = ports;
    const listening = `process.stdout.write('Loading ...', () => require('node:net').createServer().listen(${port}, '127.0.0.1'))`;
    const setup = { command: [process.execPath, '-e', listening] };
    const runServer = new URL('../../scripts/peers/run-server.mjs', import.meta.url).href;
    const wrapper = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', '--', process.execPath, '--input-type=module', '-e'],
        `import { runServer } from '${runServer}'; await runServer(${JSON.stringify(setup)}, ['${port}'])`,
      ],
      { detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      let printed = '';
      for await (const chunk of wrapper.stdout) if ((printed += chunk).includes('ready')) break;
      assert.match(printed, /^Loading \.\.\.\nready$/m);
    } finally {
      // The server is in the group of its wrapper.
      process.kill(-wrapper.pid, 'SIGKILL');
      await once(wrapper, 'exit');
      release();
    }
  });
});
