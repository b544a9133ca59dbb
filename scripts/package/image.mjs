import { machineOf } from './machine.mjs';

const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/**
 * The libraries of Windows that the add-on may name: it loads the others when they are wanted, or not at all. The C
 * library is that of Windows with mingw-w64, the universal one with Zig, and part of the add-on with Visual C++.
 */
const LIBRARIES = /^(?:advapi32|bcrypt|crypt32|kernel32|ncrypt|secur32|msvcrt|api-ms-win-crt-[\w-]+)\.dll$/;

/** IMAGE_DLLCHARACTERISTICS (Microsoft, "PE Format"). */
const PROTECTIONS = { HIGH_ENTROPY_VA: 0x20, DYNAMIC_BASE: 0x40, NX_COMPAT: 0x100 };

const DIRECTORY = { exports: 0, imports: 1 };
const IMPORT_BYTES = 20;
const SECTION_BYTES = 40;

/**
 * What Windows reads of a binary when it loads it.
 * @param {Buffer} binary a whole one, of ours
 * @returns {{ machine: string | null, time: number, protections: number, exports: string[],
 *   imports: Record<string, string[]> }} `time` is when it was linked, in seconds since 1970, or what stands there
 *   instead; `imports` has the functions of each library, whose name is in small letters; those without a name as
 *   `#number`
 */
export function readImage(binary) {
  const header = binary.readUInt32LE(0x3c);
  const optional = header + 24;
  const isWide = binary.readUInt16LE(optional) === 0x20b;
  const directories = optional + (isWide ? 112 : 96);
  const sections = Array.from({ length: binary.readUInt16LE(header + 6) }, (_, index) => {
    const at = optional + binary.readUInt16LE(header + 20) + index * SECTION_BYTES;
    const [, address, bytes, place] = [8, 12, 16, 20].map((offset) => binary.readUInt32LE(at + offset));
    return { address, bytes, place };
  });
  const placeOf = (address) => {
    const section = sections.find((each) => address >= each.address && address < each.address + each.bytes);
    if (section === undefined) throw new Error(`No section of the binary has the address ${address}.`);
    return address - section.address + section.place;
  };
  const textAt = (place) => binary.toString('latin1', place, binary.indexOf(0, place));
  const directory = (index) => binary.readUInt32LE(directories + index * 8);

  function* functionsAt(address) {
    const step = isWide ? 8 : 4;
    for (let place = placeOf(address); ; place += step) {
      const low = binary.readUInt32LE(place);
      const high = isWide ? binary.readUInt32LE(place + 4) : low;
      if (low === 0 && high === 0) return;
      yield high >= 0x80000000 ? `#${low & 0xffff}` : textAt(placeOf(low) + 2);
    }
  }

  const imports = {};
  for (let place = placeOf(directory(DIRECTORY.imports)); ; place += IMPORT_BYTES) {
    const [names, , , library, addresses] = [0, 4, 8, 12, 16].map((offset) =>
      binary.readUInt32LE(place + offset),
    );
    if (library === 0) break;
    imports[textAt(placeOf(library)).toLowerCase()] = [...functionsAt(names || addresses)].sort();
  }
  const table = placeOf(directory(DIRECTORY.exports));
  const names = placeOf(binary.readUInt32LE(table + 32));
  return {
    machine: machineOf(binary),
    time: binary.readUInt32LE(header + 8),
    protections: binary.readUInt16LE(optional + 70),
    exports: Array.from({ length: binary.readUInt32LE(table + 24) }, (_, index) =>
      textAt(placeOf(binary.readUInt32LE(names + index * 4))),
    ).sort(),
    imports,
  };
}

/**
 * Why an add-on must not be published for a processor.
 * @param {ReturnType<typeof readImage>} image
 * @param {string} arch as `process.arch` has it
 * @returns {string[]} one sentence each
 */
export function problemsOf({ machine, protections, exports, imports }, arch) {
  const problems = [];
  if (machine !== arch) problems.push(`It is for ${machine ?? 'no processor of Windows'}, not for ${arch}.`);
  if (exports.join() !== EXPORTS.join())
    problems.push(`It exports ${exports.join(', ')}, and not just ${EXPORTS.join(' and ')}.`);
  for (const library of Object.keys(imports))
    if (!LIBRARIES.test(library)) problems.push(`It takes ${library}, which it should not need.`);
  for (const [name, flag] of Object.entries(PROTECTIONS)) {
    const isAsked = name !== 'HIGH_ENTROPY_VA' || arch !== 'ia32';
    if (isAsked && (protections & flag) === 0) problems.push(`It is not marked as ${name}.`);
  }
  return problems;
}
