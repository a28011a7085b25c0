import { addonInputs } from '../sources.mjs';
import { hashOf } from './files.mjs';

/**
 * Hash of everything that decides what the addon computes: its C++ files. A platform package carries it, so that a clone
 * knows whether that package was built from the files it has.
 */
export const addonHash = () => hashOf(addonInputs());
