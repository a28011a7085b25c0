import { addonInputs } from '../sources.mjs';
import { hashOf } from './files.mjs';

/** Hash of the native sources: a prebuilt addon fits a clone where both have the same. */
export const addonHash = () => hashOf(addonInputs());
