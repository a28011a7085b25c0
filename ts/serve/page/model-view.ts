import { type Answer, answerOf } from './answer.js';
import { api, type InferTensor, type ListedModel, type ModelInfo, pathOf, Refusal } from './api.js';
import { factsOf, tensorTable } from './description.js';
import { drawingView } from './drawing.js';
import { byId, say } from './elements.js';
import { formView } from './fields.js';
import { imageShapeOf } from './images.js';
import { metricsOf } from './metrics.js';
import { photoView } from './photo.js';
import { seriesView } from './series.js';
import { windowOf } from './series-rows.js';

/** The part of the page that shows one model and tries it. */
export class ModelView {
  readonly #report: (error: unknown) => void;
  /** The path of the model that was asked for last: answers about others come too late. */
  #wanted = '';
  /** The path of the model that is shown, and what it said about itself. */
  #shown = { path: '', model: '' };
  #tries = 0;

  /** @param report - is told of a server that wants a token */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Shows a model, or what has changed about it. @throws Refusal */
  async show(listed: ListedModel): Promise<void> {
    const path = pathOf(listed);
    this.#wanted = path;
    const article = byId('model');
    try {
      const [model, statistics] = await Promise.all([api.model(listed), api.statistics(listed)]);
      if (this.#wanted !== path) return;
      this.#describe(listed, model);
      byId('metrics').replaceChildren(...metricsOf(statistics));
      article.hidden = false;
    } catch (error) {
      if (this.#wanted !== path) return;
      // A form that is half filled in outlives a moment without the server.
      if (this.#shown.path !== path) article.hidden = true;
      throw error;
    }
  }

  #describe(listed: ListedModel, model: ModelInfo): void {
    say(byId('model-name'), model.name);
    say(byId('model-facts'), factsOf(listed.version, model));
    // Loading a model anew from its file leaves what is typed or drawn where its inputs are the same.
    const now = {
      path: pathOf(listed),
      model: JSON.stringify({ ...model, parameters: { ...model.parameters, loaded_at: '' } }),
    };
    if (now.path === this.#shown.path && now.model === this.#shown.model) return;
    this.#shown = now;
    byId('tensors').replaceChildren(tensorTable('Inputs', model.inputs), tensorTable('Outputs', model.outputs));
    this.#clear();
    byId('try').replaceChildren(this.#tryView(listed, model));
  }

  /** The control by which a user makes a row: a pad, a file, rows of a series or a form. */
  #tryView(listed: ListedModel, model: ModelInfo): HTMLElement {
    const onInput = (inputs: readonly InferTensor[] | Error | undefined) => {
      if (inputs instanceof Error) this.#fail(inputs);
      else if (inputs) void this.#predict(listed, model, inputs);
      else this.#clear();
    };
    const window = windowOf(model);
    if (window) return seriesView(model, window, onInput);
    const image = imageShapeOf(model);
    if (image?.[0] === 1) return drawingView(model, image, onInput);
    return image?.[0] === 3 ? photoView(model, image, onInput) : formView(model, onInput);
  }

  async #predict(listed: ListedModel, model: ModelInfo, inputs: readonly InferTensor[]): Promise<void> {
    const nth = ++this.#tries;
    const isLatest = () => nth === this.#tries;
    try {
      const outputs = await api.infer(listed, inputs);
      if (!isLatest()) return;
      say(byId('try-problem'), '');
      this.#answer(answerOf(model, outputs));
      byId('result').scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (isLatest()) this.#fail(error as Error);
    }
    if (this.#wanted === pathOf(listed)) await this.show(listed).catch(this.#report);
  }

  #fail(error: Error): void {
    this.#clear();
    if (error instanceof Refusal && error.status === 401) this.#report(error);
    else say(byId('try-problem'), error.message);
  }

  /** No answer, and none that is under way. */
  #clear(): void {
    this.#tries++;
    this.#answer({ value: '', bars: [] });
    say(byId('try-problem'), '');
  }

  #answer({ value, bars }: Answer): void {
    byId('value').textContent = value;
    byId('bars').replaceChildren(...bars);
  }
}
