// Imported before a program: writes the most memory that it ever had to its stderr, in megabytes, when it ends.
import { readFileSync } from 'node:fs';

process.on('exit', () => {
  // What getrusage says counts the process from which this one was started, too, on Linux.
  const kilobytes =
    process.platform === 'linux'
      ? Number(readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)[1])
      : process.resourceUsage().maxRSS;
  process.stderr.write(`peak memory ${Math.round(kilobytes / 1024)} MB\n`);
});
