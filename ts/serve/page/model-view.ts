import { answerView } from './answer.js';
import { api, type InferTensor, type ModelInfo, Refusal } from './api.js';
import { factsOf, tensorTable } from './description.js';
import { drawingView, greyImageOf } from './drawing.js';
import { byId, say } from './elements.js';
import { formView } from './fields.js';
import { metricsOf } from './metrics.js';

/** The part of the page that shows one model and tries it. */
export class ModelView {
  readonly #report: (error: unknown) => void;
  /** The model that was asked for last: answers about others come too late. */
  #name = '';
  #shown = '';
  #tries = 0;

  /** @param report - is told of a server that wants a token */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Shows a model, or what has changed about it. @throws Refusal */
  async show(name: string): Promise<void> {
    this.#name = name;
    const article = byId('model');
    try {
      const [model, statistics] = await Promise.all([api.model(name), api.statistics(name)]);
      if (this.#name !== name) return;
      this.#describe(model);
      byId('metrics').replaceChildren(...metricsOf(statistics));
      article.hidden = false;
    } catch (error) {
      if (this.#name !== name) return;
      // A form that is half filled in outlives a moment without the server.
      if (byId('model-name').textContent !== name) article.hidden = true;
      throw error;
    }
  }

  #describe(model: ModelInfo): void {
    say(byId('model-name'), model.name);
    say(byId('model-facts'), factsOf(model));
    // Loading a model anew from its file leaves what is typed or drawn where its inputs are the same.
    const now = JSON.stringify({ ...model, parameters: { ...model.parameters, loaded_at: '' } });
    if (now === this.#shown) return;
    this.#shown = now;
    byId('tensors').replaceChildren(tensorTable('Inputs', model.inputs), tensorTable('Outputs', model.outputs));
    this.#clear();
    const image = greyImageOf(model);
    byId('try').replaceChildren(
      image
        ? drawingView(model, image, (inputs) => (inputs ? void this.#predict(model, inputs) : this.#clear()))
        : formView(model, (inputs) =>
            inputs instanceof Error ? this.#fail(inputs) : void this.#predict(model, inputs),
          ),
    );
  }

  async #predict(model: ModelInfo, inputs: readonly InferTensor[]): Promise<void> {
    const nth = ++this.#tries;
    const isLatest = () => nth === this.#tries;
    try {
      const outputs = await api.infer(model.name, inputs);
      if (!isLatest()) return;
      say(byId('try-problem'), '');
      byId('answer').replaceChildren(answerView(model, outputs));
    } catch (error) {
      if (isLatest()) this.#fail(error as Error);
    }
    if (isLatest()) await this.show(model.name).catch(this.#report);
  }

  #fail(error: Error): void {
    this.#clear();
    if (error instanceof Refusal && error.status === 401) this.#report(error);
    else say(byId('try-problem'), error.message);
  }

  /** No answer, and none that is under way. */
  #clear(): void {
    this.#tries++;
    byId('answer').replaceChildren();
    say(byId('try-problem'), '');
  }
}
