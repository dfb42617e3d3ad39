import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumArguments, findChromium, reasonWithoutChromium } from './packages/testing/src/chromium.ts';
import { isRequired } from './packages/testing/src/required.ts';

const conditions = ['@cnnviz/source'];

const inNode = [
  'scripts/**/*.test.ts',
  'packages/*/{src,tests}/**/*.test.ts',
  'examples/*/src/**/*.test.ts',
  'benchmarks/src/**/*.test.ts',
];

/**
 * What `pnpm test` runs: minutes on two processors. Its files share a process, and in it the modules that they import, for
 * otherwise TensorFlow.js would be started hundreds of times.
 */
const node: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'node',
    isolate: false,
    include: inNode,
    exclude: [...configDefaults.exclude, '**/*.browser.test.ts', '**/*.{long,isolated}.*'],
  },
};

/** Files that need a process of their own, because they look at what is registered, or at all of its memory. */
const isolated: TestProjectInlineConfiguration = {
  extends: true,
  test: { name: 'isolated', include: inNode.map((glob) => only('isolated', glob)) },
};

/** Long random searches, whole networks and whole runs of examples, which have a short version in `node`. */
const long: TestProjectInlineConfiguration = {
  extends: true,
  test: { name: 'long', include: inNode.map((glob) => only('long', glob)) },
};

function only(kind: string, glob: string): string {
  return glob.replace('*.test.ts', `*.${kind}{,.conformance}.test.ts`);
}

/** Whoever requires a Chromium requires its backends too. */
const required = process.env.CNNVIZ_REQUIRE ?? '';
const requiredInBrowser = isRequired('chromium', required) ? `${required} cpu wasm webgl webgpu` : required;

/** `*.conformance.test.ts` runs in Node and here, on the browser's backends, also where it is long. */
const browser: TestProjectInlineConfiguration = {
  extends: true,
  define: { 'process.env.CNNVIZ_REQUIRE_IN_BROWSER': JSON.stringify(requiredInBrowser) },
  optimizeDeps: {
    include: ['core', 'layers', 'backend-cpu', 'backend-wasm', 'backend-webgl', 'backend-webgpu'].map(
      (name) => `@cnnviz/testing > @tensorflow/tfjs-${name}`,
    ),
  },
  test: {
    name: 'browser',
    include: ['**/*.browser.test.ts', '**/*.conformance.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: findChromium() ?? '', args: chromiumArguments } }),
      instances: [{ browser: 'chromium' }],
    },
  },
};

/** The page of examples/playground, built once and opened in Chromium. */
const playground: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'playground',
    include: ['examples/playground/tests/*.test.ts'],
    globalSetup: ['examples/playground/tests/build-page.ts'],
  },
};

/** Where a machine-readable report goes, if one is wanted. */
const results = process.env.CNNVIZ_TEST_RESULTS;
const jsonTo = (outputFile: string): ['json', { outputFile: string }] => ['json', { outputFile }];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects:
      reasonWithoutChromium() === undefined
        ? [node, isolated, long, browser, playground]
        : [node, isolated, long, playground],
    reporters: ['default', './packages/testing/src/skip-reasons.ts', ...(results ? [jsonTo(results)] : [])],
    // Two files at a time also on two processors: most tests use one, and one file's imports hide another's.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The cpu backend recommends the native library in every file.
    onConsoleLog: (log) => !log.includes('looks like you are running TensorFlow.js in Node.js'),
    // The longest test takes 45 s on two idle cores, and machines are not always idle. Fuzzing takes as long as it is told.
    testTimeout: process.env.CNNVIZ_FUZZ_SECONDS ? 0 : 240_000,
    hookTimeout: 240_000,
  },
});
