import type { InferRequest, InputTensor } from './infer-request.js';
import { type ListedText, NumberList } from './number-lists.js';

/** Where the data of an input are: the number of a list, or bytes behind the JSON. */
type Place = number | { readonly from: number; readonly to: number };

interface Known {
  readonly request: InferRequest;
  /** Bytes behind the JSON. */
  readonly binaryBytes: number;
  readonly places: readonly Place[];
}

/** The most texts that are kept, and the most characters of each. */
const [mostTexts, mostLength] = [64, 2048];

/**
 * A cache of requests that have been checked. Requests of one client often differ only in their numbers: then the text around the
 * numbers is parsed and checked once.
 */
export class KnownRequests {
  readonly #byText = new Map<string, Known>();

  /** Returns the request where only its numbers are new; undefined otherwise. */
  find({ text, lists }: ListedText, binary: Uint8Array): InferRequest | undefined {
    const known = text.length <= mostLength ? this.#byText.get(text) : undefined;
    if (!known || known.binaryBytes !== binary.length) return undefined;
    const { request, places } = known;
    const inputs = request.inputs.map(({ name, datatype, shape, size }, i): InputTensor => {
      const place = places[i]!;
      const data = typeof place === 'number' ? lists[place]! : binary.subarray(place.from, place.to);
      return { name, datatype, shape, size, data };
    });
    return { ...request, inputs };
  }

  /** Keeps a request whose fields have been checked, unless its data holds anything but numbers. */
  keep({ text, lists }: ListedText, binary: Uint8Array, request: InferRequest): void {
    if (text.length > mostLength) return;
    const places = request.inputs.map(({ data }) => placeOf(data, lists, binary));
    if (!places.every((place) => place !== undefined)) return;
    // Clients that give each request an id of its own fill the cache with texts that never come again.
    if (this.#byText.size >= mostTexts) this.#byText.clear();
    // The data would take memory.
    const inputs = request.inputs.map((input) => ({ ...input, data: [] }));
    this.#byText.set(text, { request: { ...request, inputs }, binaryBytes: binary.length, places });
  }
}

function placeOf(data: InputTensor['data'], lists: readonly NumberList[], binary: Uint8Array): Place | undefined {
  if (data instanceof NumberList) return lists.indexOf(data);
  if (!(data instanceof Uint8Array)) return undefined;
  const from = data.byteOffset - binary.byteOffset;
  return { from, to: from + data.length };
}
