import { optionalLoader } from '../core/optional.js';

export { rethrow } from '../core/optional.js';

export const loadOptional = optionalLoader('charts', 'vega vega-lite @dagrejs/dagre @resvg/resvg-js dejavu-fonts-ttf');
