/** Milliseconds of processor time that a call takes: unlike those of the clock, not those of other programs. */
export function cpuTimeOf(call: () => void): number {
  const start = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
