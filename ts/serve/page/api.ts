/** An entry of the server's list of models: one version of one of them. */
export interface ListedModel {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

/** An input or output of a model. The first dimension of its shape is the rows. */
export interface TensorInfo {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: {
    readonly categories?: readonly string[];
    /** The text that marks a missing cell, where cells may be missing. */
    readonly missing?: string;
    /** Whether its cells are whole texts. */
    readonly text?: boolean;
  };
}

export interface ModelInfo {
  readonly name: string;
  readonly versions: readonly string[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly parameters: {
    readonly net_type: 'fitting' | 'binaryClassifier' | 'multipleClassifier';
    readonly image?: readonly [channels: number, height: number, width: number];
    readonly image_range?: readonly [paper: number, ink: number];
    readonly classes?: readonly string[];
    readonly feature_names?: readonly string[];
    /** The forecast that the output makes: step by step, all targets of a step together. */
    readonly forecast?: { readonly horizon: number; readonly targets: readonly string[]; readonly gap?: number };
    readonly loaded_at: string;
  };
}

export interface InferTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

interface Duration {
  readonly count: number;
  /** Their nanoseconds in total. */
  readonly ns: number;
}

/** A model's figures since the server began. */
export interface Statistics {
  /** Rows that were computed, and the batches that they were computed in. */
  readonly inference_count: number;
  readonly execution_count: number;
  /** Rows that wait or are computed now. */
  readonly queue_rows: number;
  readonly inference_stats: {
    readonly success: Duration;
    readonly fail: Duration;
    /** Of the latest answers; null where there were none. */
    readonly latency_p99_ns: number | null;
  };
}

/** A request that the server refused, or that did not reach it. */
export class Refusal extends Error {
  /** @param status - of HTTP; 0 where no answer came */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const tokenKey = 'blasnet.token';

/** The server's routes, relative to the page, so that they work under any prefix. */
export const api = {
  models: () => call<ListedModel[]>('v2/repository/index', {}),
  model: (listed: ListedModel) => call<ModelInfo>(`v2/models/${pathOf(listed)}`),
  async statistics(listed: ListedModel): Promise<Statistics> {
    const answer = await call<{ model_stats: [Statistics] }>(`v2/models/${pathOf(listed)}/stats`);
    return answer.model_stats[0];
  },
  /** The outputs for the rows of the inputs. @throws Refusal */
  async infer(listed: ListedModel, inputs: readonly InferTensor[]): Promise<readonly InferTensor[]> {
    const answer = await call<{ outputs: InferTensor[] }>(`v2/models/${pathOf(listed)}/infer`, { inputs });
    return answer.outputs;
  },
  get hasToken(): boolean {
    return sessionStorage.getItem(tokenKey) !== null;
  },
  /** Sends this bearer token from now on, until the tab is closed. */
  useToken(token: string): void {
    sessionStorage.setItem(tokenKey, token);
  },
};

/** The path of a model, on the server and in the page's address. */
export function pathOf({ name, version }: ListedModel): string {
  return `${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
}

/** The answer to a GET, or, with a body, to a POST. */
async function call<Answer>(path: string, body?: unknown): Promise<Answer> {
  const headers = new Headers();
  const token = sessionStorage.getItem(tokenKey);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  if (body !== undefined) headers.set('content-type', 'application/json');
  const request = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(path, request).catch(() => {
    throw new Refusal(0, 'The server cannot be reached.');
  });
  if (!response.ok) throw new Refusal(response.status, await wordsOf(response));
  return response.json();
}

async function wordsOf(response: Response): Promise<string> {
  const answer: unknown = await response.json().catch(() => undefined);
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : undefined;
  const seconds = response.headers.get('retry-after');
  if (response.status === 503 && seconds !== null) return `${error ?? 'The server is busy'} (again in ${seconds} s)`;
  return error ?? `The server answered ${response.status} ${response.statusText}`;
}
