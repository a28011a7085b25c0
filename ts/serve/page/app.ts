import { api, type ListedModel, pathOf, Refusal } from './api.js';
import { byId, element, say } from './elements.js';
import { ModelView } from './model-view.js';

/** Milliseconds between two requests for the server's state. */
const interval = 2000;

const view = new ModelView(report);
const tokenForm = byId('token-form');
let listed = '';

/** Shows the server's state, again and again; not while the page is hidden or waits for a token. */
async function watch(): Promise<void> {
  if (!document.hidden && tokenForm.hidden) await look();
  setTimeout(watch, interval);
}

async function look(): Promise<void> {
  try {
    const models = await api.models();
    listModels(models);
    const chosen = chosenOf(models);
    if (chosen) await view.show(chosen);
    say(byId('problem'), '');
  } catch (error) {
    report(error);
  }
}

/** The model that the address names, else the first that is ready. */
function chosenOf(models: readonly ListedModel[]): ListedModel | undefined {
  const path = location.hash.slice(1);
  return models.find((model) => pathOf(model) === path) ?? models.find(isReady) ?? models[0];
}

const isReady = ({ state }: ListedModel) => state === 'READY';

function listModels(models: readonly ListedModel[]): void {
  const chosen = chosenOf(models);
  const state = JSON.stringify([models, chosen && pathOf(chosen)]);
  if (state === listed) return; // what has the focus keeps it
  listed = state;
  const ready = models.filter(isReady).length;
  say(byId('server'), `${ready} of ${models.length} ${models.length === 1 ? 'model' : 'models'} ready`);
  byId('models').replaceChildren(
    ...models.map((model) => {
      const link = element('a', { href: `#${pathOf(model)}` }, model.name);
      if (model === chosen) link.ariaCurrent = 'page';
      if (models.filter(({ name }) => name === model.name).length > 1) {
        link.append(element('small', {}, `version ${model.version}`));
      }
      if (!isReady(model)) link.append(element('small', {}, model.reason || model.state.toLowerCase()));
      return element('li', {}, link);
    }),
  );
}

/** Shows what went wrong; asks for a token where the server wants one. */
function report(error: unknown): void {
  const wantsToken = error instanceof Refusal && error.status === 401;
  say(byId('problem'), wantsToken ? '' : (error as Error).message);
  if (!wantsToken) return;
  say(byId('token-problem'), api.hasToken ? 'The server refused this token.' : '');
  tokenForm.hidden = false;
}

tokenForm.addEventListener('submit', (event) => {
  event.preventDefault();
  api.useToken((byId('token') as HTMLInputElement).value);
  tokenForm.hidden = true;
  void look();
});
addEventListener('hashchange', () => void look());
document.addEventListener('visibilitychange', () => document.hidden || void look());
void watch();
