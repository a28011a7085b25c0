import { inferPath, numbersIn, type RowRequest } from './requests.js';

/**
 * The numbers that a server predicts for a request.
 * @throws Error for another status than 200
 */
export async function answerOf(port: number, { headers, body }: RowRequest): Promise<number[]> {
  const response = await fetch(`http://127.0.0.1:${port}${inferPath}`, { method: 'POST', headers, body });
  const answer = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`Expected status 200 but received ${response.status}: ${answer}`);
  const length = response.headers.get('inference-header-content-length');
  return numbersIn(answer, length === null ? undefined : Number(length));
}
