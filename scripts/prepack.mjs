// Runs in `npm pack`, `npm publish` and `npm install <git url>`: what is published is staged, not the clone itself.
process.stderr.write(`blasnet: a clone is no package. 'npm run release -- --dry-run' makes the packages of it, in
build/release/tarballs/; 'npm install blasnet' installs those that are published.
`);
process.exitCode = 1;
