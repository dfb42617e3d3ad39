import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The Chromium named by the environment variable `CNNVIZ_CHROMIUM`, or the first one installed, or `undefined`. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (environment.CNNVIZ_CHROMIUM) return environment.CNNVIZ_CHROMIUM;
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.flatMap((folder) => commands.map((command) => join(folder, command)));
  return [...onPath, ...elsewhere].find((path) => existsSync(path));
}

/** Why the browser tests cannot run here, or `undefined` if they can. */
export function reasonWithoutChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = findChromium(environment);
  if (path === undefined) return 'no Chromium is installed: `apt-get install chromium`, or name one in CNNVIZ_CHROMIUM';
  // On Windows, Chrome does not print its version but opens a window.
  if (process.platform === 'win32') return existsSync(path) ? undefined : `there is no ${path}`;
  try {
    execFileSync(path, ['--version'], { stdio: 'pipe', timeout: 20_000 });
    return undefined;
  } catch (error) {
    return `${path} does not start: ${String(error).split('\n')[0]}`;
  }
}

/** Software rendering if there is no GPU, no sandbox (root has none), and no background traffic. */
export const chromiumArguments = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
];
