import { api, type ListedModel, Refusal } from './api.js';
import { byId, element, say } from './elements.js';
import { ModelView } from './model-view.js';

/** Milliseconds from one look at the server to the next. */
const interval = 2000;

const view = new ModelView(report);
const tokenForm = byId('token-form');
let listed = '';

/** Shows what the server has now, and again after a while; not while nobody sees it, or a token is to be typed. */
async function watch(): Promise<void> {
  if (!document.hidden && tokenForm.hidden) await look();
  setTimeout(watch, interval);
}

async function look(): Promise<void> {
  try {
    const models = await api.models();
    listModels(models);
    const chosen = chosenOf(models);
    if (chosen) await view.show(chosen.name);
    say(byId('problem'), '');
  } catch (error) {
    report(error);
  }
}

/** The model that the address names, else the first that is ready. */
function chosenOf(models: readonly ListedModel[]): ListedModel | undefined {
  const hash = location.hash.slice(2);
  return models.find(({ name }) => encodeURIComponent(name) === hash) ?? models.find(isReady) ?? models[0];
}

const isReady = ({ state }: ListedModel) => state === 'READY';

function listModels(models: readonly ListedModel[]): void {
  const chosen = chosenOf(models);
  const state = JSON.stringify([models, chosen?.name]);
  if (state === listed) return; // what has the focus keeps it
  listed = state;
  const ready = models.filter(isReady).length;
  say(byId('server'), `${ready} of ${models.length} ${models.length === 1 ? 'model' : 'models'} ready`);
  byId('models').replaceChildren(
    ...models.map((model) => {
      const link = element('a', { href: `#/${encodeURIComponent(model.name)}` }, model.name);
      if (model === chosen) link.ariaCurrent = 'page';
      if (!isReady(model)) link.append(element('small', {}, model.reason || 'not ready'));
      return element('li', {}, link);
    }),
  );
}

/** Says what went wrong; asks for a token where the server wants one. */
function report(error: unknown): void {
  const wantsToken = error instanceof Refusal && error.status === 401;
  say(byId('problem'), wantsToken ? '' : (error as Error).message);
  if (!wantsToken) return;
  say(byId('token-problem'), api.hasToken ? 'The server does not know this token.' : '');
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
