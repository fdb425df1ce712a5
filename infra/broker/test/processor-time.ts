// What does something cost? The time that this process computes, which other processes do not lengthen, as they do that of the clock.

export async function processorMsOf(act: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await act()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / 1000
}
