import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes of memory that this process takes, and those it took at the most since {@link forgetPeak}. */
export interface Memory {
  readonly resident: number;
  readonly peak: number;
  /** Addresses handed out at the most, ever: memory that was asked for and never touched is in them, too. */
  readonly peakVirtual: number;
}

/** Linux tells the peak of a span of time; elsewhere it is that of the process's whole life. */
export function memory(): Memory {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
    return { resident: kilobytes('VmRSS'), peak: kilobytes('VmHWM'), peakVirtual: kilobytes('VmPeak') };
  } catch {
    return { resident: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024, peakVirtual: 0 };
  }
}

export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // A peak that is older than it should be hides a growth, and makes none up: see `memory`.
  }
}
