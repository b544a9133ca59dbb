import { buildTree } from './cmake.mjs';

const TREE = 'build/sanitized';

/** The add-on's core on the double, with sanitizers, for Linux: test/double/linux. */
export const buildSanitized = (report) =>
  buildTree(
    { source: 'test/double/linux', tree: TREE, title: 'the build with sanitizers', here: true },
    report,
  );

/** The programs that it makes, each with its arguments: the fuzzers take the number of their inputs. */
export const SANITIZED_PROGRAMS = [
  { file: `${TREE}/faults_test`, args: [] },
  { file: `${TREE}/inplace_test`, args: ['60'] },
  { file: `${TREE}/fuzz_answers`, args: ['1500'] },
  { file: `${TREE}/fuzz_handshake`, args: ['1500'] },
  { file: `${TREE}/fuzz_transfer`, args: ['1500'] },
];
