// Prints how many threads are used, or the error of the import.
try {
  const { getThreads, versions } = await import('blasnet');
  console.log(JSON.stringify({ threads: getThreads(), cores: versions.physicalCores }));
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
}
