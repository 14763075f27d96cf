// Headless Chromium and Firefox on a page of an origin of its own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { install } from './page.mjs';

const browserArguments = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required', '--disable-background-networking',
  '--disable-component-update',
];
const firefoxPreferences = {
  'media.autoplay.default': 0, 'media.navigator.permission.disabled': true, 'media.navigator.streams.fake': true,
};

/// Where an empty page is served.
export async function servePage(t, title) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>${title}</title>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

export async function openBrowser(t) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: browserArguments, timeout: 30_000 });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.addInitScript(install);
  return page;
}

/// Driven by WebDriver BiDi; its pages know goto() and evaluate() as Chromium's do.
export async function openFirefox(t) {
  const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath, extraPrefsFirefox: firefoxPreferences, timeout: 60_000,
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(install);
  return page;
}
