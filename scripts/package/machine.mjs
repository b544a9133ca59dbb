const OFFSET_OF_HEADER = 0x3c;
/** IMAGE_FILE_HEADER.Machine (Microsoft, "PE Format"), by Node's names of processors. */
const MACHINES = new Map([
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
  [0x014c, 'ia32'],
]);

/**
 * The processor that a Windows binary is for.
 * @param {Buffer} binary
 * @returns {string | null} as `process.arch` has it; null if it is for none of these, or no binary of Windows
 */
export function machineOf(binary) {
  if (binary.length < OFFSET_OF_HEADER + 4 || binary.toString('latin1', 0, 2) !== 'MZ') return null;
  const header = binary.readUInt32LE(OFFSET_OF_HEADER);
  if (header + 6 > binary.length || binary.toString('latin1', header, header + 4) !== 'PE\0\0') return null;
  return MACHINES.get(binary.readUInt16LE(header + 4)) ?? null;
}
