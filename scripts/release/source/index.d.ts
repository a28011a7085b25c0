/** The path of the addon that the installation of this package compiles; blasnet loads it. */
declare const path: string;
export = path;
