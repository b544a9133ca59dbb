import { buildTree } from '../steps/cmake.mjs';
import { findProgram, inRoot } from '../support/paths.mjs';
import { Refusal } from '../support/refusal.mjs';

const TREE = 'build/fuzz/native';

/** Of clang, as Debian and Ubuntu name it. */
const VERSIONS = [14, 15, 16, 17, 18, 19, 20, 21];

/** The fuzzers of test/double/linux: the core of the add-on, and OpenSSL as its peer. */
export const NATIVE_TARGETS = {
  'native-answers': {
    what: 'what a Windows that lies says of buffers, sizes, issuers and bindings, by the add-on',
    program: `${TREE}/fuzz_answers`,
    longest: 2048,
  },
  'native-handshake': {
    what: "a handshake of Schannel's double in pieces and with damage, by the add-on",
    program: `${TREE}/fuzz_handshake`,
    longest: 512,
  },
  'native-transfer': {
    what: 'data, tickets, key updates and damage in any order, by the add-on',
    program: `${TREE}/fuzz_transfer`,
    longest: 512,
  },
};

/** With libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, which only clang has together. */
export async function buildNativeFuzzers(report) {
  const compiler = ['clang++', ...VERSIONS.map((version) => `clang++-${version}`)]
    .map(findProgram)
    .find((program) => program !== null);
  if (compiler === undefined)
    throw new Refusal('The fuzzers of the add-on need clang.', 'apt-get install clang-14 libclang-rt-14-dev');
  const options = ['-DSCHANNEL_LIBFUZZER=ON', `-DCMAKE_CXX_COMPILER=${compiler}`];
  await buildTree(
    { source: 'test/double/linux', tree: TREE, title: 'the fuzzers of the add-on', options, here: true },
    report,
  );
  return inRoot(TREE);
}
