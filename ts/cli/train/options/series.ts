import { wholeNumber } from '../../values.js';
import { setting } from '../settings.js';

/** The options of a file that is a time series, a row for each time step. */
export const seriesOptions = [
  setting('series.length', '--window <steps>', 'take the file for a time series, and windows of so many steps', {
    parse: wholeNumber(1),
  }),
  setting('series.horizon', '--horizon <steps>', 'steps that are forecast (default: 1)', { parse: wholeNumber(1) }),
  setting('series.target', '--target <columns...>', 'column or columns that are forecast'),
  setting('series.time', '--time <column>', 'column of dates or numbers that ascend from row to row; no feature'),
  setting('series.timeFormat', '--time-format <format>', 'format of dates that are not ISO dates: DD/MM/YYYY HH:mm'),
  setting('series.sort', '--sort', 'sort the rows by --time'),
  setting('series.gap', '--gap <steps>', 'steps between a window and the first step that is forecast (default: 0)', {
    parse: wholeNumber(0),
  }),
  setting('series.stride', '--stride <steps>', 'steps from one window to the next (default: 1)', {
    parse: wholeNumber(1),
  }),
  setting('series.season', '--season <steps>', 'steps of a season, for the value one season before as a baseline', {
    parse: wholeNumber(1),
  }),
];
