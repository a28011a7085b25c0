import { optionalLoader } from '../optional.js';

export const loadOptional = optionalLoader('charts', 'vega vega-lite @resvg/resvg-js dejavu-fonts-ttf');
