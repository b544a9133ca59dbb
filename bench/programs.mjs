/** What the tests have for starting programs beside Windows' node. */
export const peers = () => import('../dist-test/support/peers.js');

/**
 * Whether a program can be started. Otherwise standard error says that it is left out.
 *
 * @param {string} name of scripts/peers/programs.mjs
 * @param {string} option with which the program prints something and ends
 */
export async function hasProgram(name, option) {
  const isThere = process.env.SCHANNEL_PEERS !== undefined && (await starts(name, option));
  if (!isThere) process.stderr.write(`${name} is left out: it is not installed, or this is no rig\n`);
  return isThere;
}

async function starts(name, option) {
  const { startPeer } = await peers();
  return startPeer(name, [option]).then(
    (peer) => peer.exited.then(() => true),
    () => false,
  );
}
