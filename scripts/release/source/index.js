// The path of the addon that the installation of this package compiles; blasnet loads it.
const { join } = require('node:path');

module.exports = join(__dirname, 'build/Release/blasnet.node');
