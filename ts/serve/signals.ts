import type { RunningServer } from './server.js';

/** Windows lets no process send another one SIGTERM. */
const onWindows: readonly NodeJS.Signals[] = process.platform === 'win32' ? ['SIGBREAK'] : [];

/**
 * Closes a server at the first SIGTERM or SIGINT; on Windows, at Ctrl+C or Ctrl+Break (SIGBREAK). The process then ends with code 0 unless something else keeps it alive. A
 * second signal ends it at once.
 * @param onError - is called when closing fails; by default the process ends with that error
 */
export function closeOnSignals(
  server: RunningServer,
  onError: (error: unknown) => void = (error) => {
    throw error;
  },
): void {
  const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', ...onWindows];
  const close = () => {
    for (const signal of signals) process.off(signal, close);
    server.close().catch(onError);
  };
  for (const signal of signals) process.on(signal, close);
}
