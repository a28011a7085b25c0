// Loads blasnet, or prints the message of the error and ends with exit code 3.
try {
  const { versions } = await import('blasnet');
  console.log(JSON.stringify(versions));
} catch (error) {
  console.log(`${error.code}: ${error.message}`);
  process.exitCode = 3;
}
