import { TextReader } from 'blasnet';
import { dataFile } from './data-files.js';

/**
 * The text messages of the SMS Spam Collection, a fifth of them for the test, a tenth of the others for validation: the same
 * ones for each kind of features.
 */
export async function readMessages(features: 'tokens' | 'bag', maxLength = 60): Promise<TextReader> {
  const reader = new TextReader({
    train: dataFile('sms/SMSSpamCollection.tsv.gz'),
    header: ['label', 'text'],
    delimiter: '\t',
    quote: false,
    split: 5,
    validation: 10,
    seed: 1,
    minCount: 2,
    features,
    ...(features === 'tokens' && { maxLength }),
  });
  await reader.readData();
  return reader;
}
