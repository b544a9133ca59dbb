import { startPeer, type Peer } from './peers.js';

/**
 * Debian's nginx as one process, once it serves.
 *
 * @param servers directives of each server; `listen 127.0.0.1:{port} ssl;` is among them
 */
export async function startNginx(
  servers: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Peer> {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const conf = [
    'daemon off; master_process off; pid {dir}/pid; error_log stderr notice; events {}',
    'http {',
    'access_log off;',
    ...folders.map((name) => `${name}_temp_path {dir}/${name};`),
    ...servers.map((server) => `server { ${server} }`),
    '}',
  ].join('\n');
  // -e: it writes to its log before it reads where that is.
  const nginx = await startPeer('nginx', ['-e', 'stderr', '-c', '{file:nginx.conf}'], {
    files: { ...files, 'nginx.conf': conf },
  });
  // The line comes after the sockets were opened.
  await nginx.waitFor(/using the "epoll" event method/);
  return nginx;
}
