import test, { type ExecutionContext } from 'ava';
import { FlattenLayer, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import type { Browser, Page } from 'puppeteer-core';
import { encodePng } from '#blasnet/charts/png';
import { inferenceServer, type ServeOptions, startServer } from '#blasnet/serve/index';
import { launchBrowser, openPage } from '../../support/browser.js';
import { temporaryFolder, write } from '../../support/files.js';
import { classifier, fittingNet } from '../../support/nets.js';
import { series, seriesNet } from '../../support/series-nets.js';
import { digitsNet, filmsNet, irisNet, pricesNet } from '../../support/served.js';
import { patientApp } from '../../support/serving.js';

let browser: Browser;
let close: (() => Promise<void>) | undefined;
test.before(async () => {
  ({ browser, close } = await launchBrowser());
});
test.after.always(() => close?.());

/** A page of a server of its own. */
async function open(t: ExecutionContext, options: ServeOptions) {
  const server = await startServer({ ...options, port: 0 });
  t.teardown(() => server.close());
  const opened = await openPage(t, browser);
  await opened.page.goto(server.url);
  return { ...opened, server };
}

/** Waits for an element by XPath. */
const waitFor = (page: Page, path: string) => page.waitForSelector(`xpath/${path}`);
const waitForModel = (page: Page, name: string) => waitFor(page, `//h2[@id='model-name'][.='${name}']`);
const waitForMetric = (page: Page, title: string, value: string) =>
  waitFor(page, `//dl[@id='metrics']/div[dt='${title}'][dd='${value}']`);
const waitForAnswer = (page: Page, text: string) => waitFor(page, `//*[@id='value'][.='${text}']`);
const waitForProblem = (page: Page, id: string, text: string) =>
  waitFor(page, `//*[@id='${id}'][not(@hidden)][contains(., "${text}")]`);
const textsOf = (page: Page, selector: string): Promise<string[]> =>
  page.$$eval(selector, (found) => found.map(({ textContent }) => String(textContent)));

/** Draws a stroke along points, which are shares of the pad's width and height. */
async function stroke(page: Page, points: readonly (readonly [x: number, y: number])[]): Promise<void> {
  const pad = await page.waitForSelector('#pad');
  await pad!.scrollIntoView();
  const box = (await pad!.boundingBox())!;
  const [first, ...others] = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const);
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: 4 });
  await page.mouse.up();
}

test('the page › digits drawn with the mouse are told, each class with its bar', async (t) => {
  const { page, errors } = await open(t, { models: [{ name: 'digits', net: await digitsNet(t) }] });
  await waitForModel(page, 'digits');
  await waitForMetric(page, 'Requests', '0');
  await stroke(page, [
    [0.3, 0.2],
    [0.3, 0.8],
  ]);
  await waitForAnswer(page, '1');
  t.deepEqual(await textsOf(page, '.bars .name'), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  t.deepEqual(await textsOf(page, '.bars .found .name'), ['1']);
  const shares = (await textsOf(page, '.bars .share')).map(Number.parseFloat);
  t.is(shares.indexOf(Math.max(...shares)), 1);
  t.true(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) < 1);
  await waitForMetric(page, 'Requests', '1');
  await (await waitFor(page, "//button[.='Wipe']"))!.click();
  await page.waitForSelector('#value:empty + #bars:empty');
  const circle = Array.from({ length: 25 }, (_, i) => (i * Math.PI) / 12);
  await stroke(
    page,
    circle.map((angle) => [0.5 + 0.25 * Math.sin(angle), 0.5 - 0.35 * Math.cos(angle)]),
  );
  await waitForAnswer(page, '0');
  await waitForMetric(page, 'Requests', '2');
  t.deepEqual(errors, []);
});

test('the page › a digit drawn with the keyboard', async (t) => {
  const { page, errors } = await open(t, { models: [{ name: 'digits', net: await digitsNet(t) }] });
  await (await page.waitForSelector('#pad'))!.focus();
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press(' ');
  for (let i = 0; i < 18; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await waitForAnswer(page, '1');
  await page.keyboard.press('Delete');
  await page.waitForSelector('#value:empty + #bars:empty');
  t.deepEqual(errors, []);
});

test('the page › a digit drawn with a finger', async (t) => {
  const { page, errors } = await open(t, { models: [{ name: 'digits', net: await digitsNet(t) }] });
  await page.setViewport({ width: 400, height: 800, hasTouch: true, isMobile: true });
  const pad = (await page.waitForSelector('#pad'))!;
  await pad.scrollIntoView();
  const { x, y, width, height } = (await pad.boundingBox())!;
  const touch = await page.touchscreen.touchStart(x + 0.6 * width, y + 0.2 * height);
  for (let i = 3; i <= 8; i++) await touch.move(x + 0.6 * width, y + 0.1 * i * height);
  await touch.end();
  await waitForAnswer(page, '1');
  t.deepEqual(errors, []);
});

test('the page › a picture in colours, its middle scaled to what the model takes', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'colours')
    .addLayer(new FlattenLayer())
    .addLayer(new FullyConnectedLayer(3 * 2 * 2, 3));
  // Each answer is the sum of one channel's four pixels.
  const W = Tensor.from(
    Float32Array.from({ length: 36 }, (_, i) => Number(Math.floor(i / 12) === i % 3)),
    [12, 3],
  );
  net.layers[1]!.setWeights({ W, B: Tensor.from([[0, 0, 0]]) });
  net.preparation = { inputShape: [3, 2, 2], image: [3, 2, 2] };
  const { page, errors } = await open(t, { models: [{ name: 'colours', net }] });
  // Orange, with blue at the left and the right, beyond the middle square.
  const orange = (x: number) => x >= 15 && x < 45;
  const colours = [
    (x: number) => (orange(x) ? 255 : 0),
    (x: number) => (orange(x) ? 128 : 0),
    (x: number) => (orange(x) ? 0 : 255),
  ];
  const data = colours.flatMap((colour) => Array.from({ length: 60 * 20 }, (_, i) => colour(i % 60)));
  const picture = await write(await temporaryFolder(t), 'orange.png', encodePng({ data, shape: [3, 20, 60] }));
  const input = (await page.waitForSelector('#try input[type=file]'))!;
  await input.uploadFile(picture);
  await waitForAnswer(page, '1020, 512, 0');
  await input.uploadFile('data/iris/iris.csv');
  await waitForProblem(page, 'try-problem', "Expected a picture but received 'iris.csv'");
  t.deepEqual(errors, []);
});

test('the page › a row of a table, column by column: the classes and probabilities of net.predict', async (t) => {
  const net = await irisNet();
  const { page, errors } = await open(t, { models: [{ name: 'iris', net }] });
  await waitForModel(page, 'iris');
  const row = { sepal_length: '6.3', sepal_width: '2.9', petal_length: '5.6', petal_width: '1.8' };
  t.deepEqual(await textsOf(page, '#try label span'), Object.keys(row));
  for (const [name, value] of Object.entries(row)) await page.locator(`#try [name='${name}']`).fill(value);
  await page.keyboard.press('Enter');
  const { classes, outputs } = await net.predict([row]);
  await waitForAnswer(page, classes![0]!);
  t.deepEqual(await textsOf(page, '.bars .name'), ['setosa', 'versicolor', 'virginica']);
  t.deepEqual(
    await textsOf(page, '.bars .share'),
    Array.from(outputs.data, (probability) => `${(100 * probability).toFixed(1)} %`),
  );
  await waitForMetric(page, 'Requests', '1');
  t.deepEqual(errors, []);
});

test('the page › names are chosen from a list, cells may be missing, and the answer is a label', async (t) => {
  const net = await pricesNet(t);
  const { page, errors } = await open(t, { models: [{ name: 'prices', net }] });
  await page.locator("#try input[name='size']").fill('50');
  t.deepEqual(await textsOf(page, "#try select[name='town'] option"), ['Aachen', 'Bonn', 'Celle', '(missing)']);
  await page.select("#try select[name='town']", 'Celle');
  await page.locator('#try button').click();
  const answerTo = async (row: { size: string; town: string }) => {
    const { outputs } = await net.predict([row]);
    return String(Number(outputs.data[0]!.toPrecision(7)));
  };
  await waitForAnswer(page, await answerTo({ size: '50', town: 'Celle' }));
  await page.locator("#try input[name='size']").fill('');
  await page.select("#try select[name='town']", '');
  await page.locator('#try button').click();
  await waitForAnswer(page, await answerTo({ size: '?', town: '?' }));
  t.deepEqual(errors, []);
});

test('the page › numbers without names; a list where they are many, and what is wrong with it', async (t) => {
  const [few, many] = [fittingNet([3, 2]), fittingNet([100, 1])];
  const { page, errors } = await open(t, {
    models: [
      { name: 'few', net: few },
      { name: 'many', net: many },
    ],
  });
  await waitForModel(page, 'few');
  t.is((await textsOf(page, '#try label')).length, 3);
  await (await waitFor(page, "//nav//a[.='many']"))!.click();
  await waitForModel(page, 'many');
  await page.locator('#try textarea').fill('1, 2, x');
  await page.locator('#try button').click();
  await waitForProblem(page, 'try-problem', "Expected numbers but received 'x'");
  await page.locator('#try textarea').fill('1, 2, 3');
  await page.locator('#try button').click();
  await waitForProblem(page, 'try-problem', 'Expected 100 numbers but received 3');
  await page.locator('#try textarea').fill(Array(100).fill('0').join(', '));
  await page.locator('#try button').click();
  await waitForAnswer(page, '0');
  t.deepEqual(await textsOf(page, '#try-problem:not([hidden])'), []);
  t.deepEqual(errors, []);
});

test('the page › the last rows of a time series are pasted, and the forecast is a table', async (t) => {
  const net = await seriesNet();
  const { page, errors } = await open(t, { models: [{ name: 'load', net }] });
  await waitForModel(page, 'load');
  await page.locator('#try textarea').fill('load,heat\n50,2000');
  await page.locator('#try button').click();
  await waitForProblem(page, 'try-problem', 'Expected 8 rows but received 1');
  // Another order, a further column, and more rows than the window has.
  const rows = series.load.slice(0, 20).map((load, i) => `${i};${series.heat[i]};${load}`);
  await page.locator('#try textarea').fill(['hour;heat;load', ...rows].join('\n'));
  await page.locator('#try button').click();
  await page.waitForSelector('.forecast tbody tr:nth-child(3)');
  const { outputs } = await net.predict({ load: series.load.slice(12, 20), heat: series.heat.slice(12, 20) });
  const expected = Array.from(outputs.data, (value) => String(Number(value.toPrecision(7))));
  t.deepEqual(await textsOf(page, '.forecast thead th'), ['Step', 'load', 'heat']);
  t.deepEqual(await textsOf(page, '.forecast tbody th'), ['+1', '+2', '+3']);
  t.deepEqual(await textsOf(page, '.forecast td'), expected);
  t.deepEqual(errors, []);
});

test('the page › a text is typed, and its class is told', async (t) => {
  const net = await filmsNet(t);
  const { page, errors } = await open(t, { models: [{ name: 'films', net }] });
  await waitForModel(page, 'films');
  for (const text of ['A good film\nwith a good end', 'What a bad, dull film']) {
    await page.locator("#try textarea[name='text']").fill(text);
    await page.locator('#try button').click();
    await waitForAnswer(page, (await net.predict(text)).classes![0]!);
  }
  t.deepEqual(await textsOf(page, '.bars .name'), ['bad', 'good']);
  t.deepEqual(errors, []);
});

test('the page › asks for a token, says when it is wrong, and keeps the right one for the tab', async (t) => {
  const { page, server } = await open(t, { models: [{ name: 'secret', net: classifier(2, 2) }], token: 'open sesame' });
  await page.locator('#token').fill('open barley');
  t.is((await textsOf(page, '#model-name'))[0], 'Model');
  await page.keyboard.press('Enter');
  await waitForProblem(page, 'token-problem', 'The server refused this token.');
  await page.locator('#token').fill('open sesame');
  await page.keyboard.press('Enter');
  await waitForModel(page, 'secret');
  await page.waitForSelector('#token-form', { hidden: true });
  await page.reload();
  await waitForModel(page, 'secret');
  const other = await openPage(t, browser);
  await other.page.goto(server.url);
  await other.page.waitForSelector('#token-form', { visible: true });
});

test("the page › the server's refusals, and its absence, in words", async (t) => {
  const { page, server } = await open(t, { models: [{ name: 'iris', net: await irisNet() }] });
  await waitForModel(page, 'iris');
  for (const input of await page.$$('#try input')) await input.type('1e300');
  await page.locator('#try button').click();
  await waitForProblem(page, 'try-problem', 'sepal_length');
  await waitForMetric(page, 'Failures', '1');
  await server.close();
  await waitForProblem(page, 'problem', 'The server cannot be reached.');
  t.is(await page.$eval("#try [name='sepal_width']", ({ value }) => value), '1e300');
});

test('the page › in an app of its own, under a prefix', async (t) => {
  const app = patientApp(t);
  await app.register(inferenceServer, { prefix: '/ai', models: [{ name: 'few', net: fittingNet([1, 1]) }] });
  const { page, errors } = await openPage(t, browser);
  await page.goto(`${await app.listen({ port: 0, host: '127.0.0.1' })}/ai`);
  await waitForModel(page, 'few');
  await page.locator('#try input').fill('0');
  await page.keyboard.press('Enter');
  await waitForAnswer(page, '0');
  t.deepEqual(errors, []);
});
