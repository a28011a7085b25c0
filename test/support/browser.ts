import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

// Chrome takes the place of Chromium where a distribution has no package of that, as Ubuntu.
const folders = (process.env.PATH ?? '').split(delimiter);
const onPath = ['chromium', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name)));
const executablePath = process.env.BLASNET_CHROMIUM ?? onPath.find(existsSync) ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Milliseconds that a busy machine may take for anything. */
const timeout = 600_000;

/** A headless Chromium with an empty profile; its end removes that. */
export async function launchBrowser(): Promise<{ browser: Browser; close: () => Promise<void> }> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'blasnet-chromium-'));
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    args,
    userDataDir,
    timeout,
    protocolTimeout: timeout,
  });
  // A new page waits for its target by this method, which gives up after 30 s unless told otherwise.
  const waitForTarget = browser.waitForTarget.bind(browser);
  browser.waitForTarget = (predicate, options) => waitForTarget(predicate, { timeout, ...options });
  const close = async () => {
    await browser.close();
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { browser, close };
}

/** A page without cookies or storage of others, and what goes wrong on it. */
export async function openPage(t: ExecutionContext, browser: Browser): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.createBrowserContext();
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  return { page, errors };
}
