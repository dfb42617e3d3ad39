import { parseArgs } from 'node:util';
import { leavePeakMemory } from '../peak-memory.ts';
import { startCpu } from './start-cpu.ts';
import { startTensorflow } from './start-tensorflow.ts';
import { startWasm } from './start-wasm.ts';
import { startWebgpu } from './start-webgpu.ts';

/** In order of preference. */
export const BACKENDS = ['tensorflow-gpu', 'tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface BackendStarter {
  /**
   * Makes the backend TensorFlow.js' current one.
   *
   * @param options `byName`: the user asked for this very backend.
   * @returns What it runs on: threads or adapter.
   * @throws Error whose message is the reason why the backend does not start.
   */
  start(options: { byName: boolean }): Promise<string>;
  /** What the user does to make it start. */
  install: string;
}

export interface ChooseBackendOptions {
  /** Default `process.argv.slice(2)`; only `--backend NAME` is read. */
  argv?: readonly string[];
  /**
   * Default `process.env`. `CNNVIZ_BACKEND` is read, and `--backend` goes before it; `CNNVIZ_PEAK_MEMORY` names a folder
   * for {@link leavePeakMemory}.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** Takes the one line that says which backend was chosen and why. Default `console.log`. */
  print?: (line: string) => void;
  starters?: Readonly<Record<BackendName, BackendStarter>>;
}

export interface ChosenBackend {
  name: BackendName;
  /** Threads or adapter. */
  detail: string;
  /** The preferred ones that were tried before, and why each was not taken. */
  passedOver: { name: BackendName; reason: string }[];
}

const STARTERS: Readonly<Record<BackendName, BackendStarter>> = {
  'tensorflow-gpu': {
    start: () => startTensorflow('@tensorflow/tfjs-node-gpu'),
    install:
      'npx pnpm add -w --allow-build=@tensorflow/tfjs-node-gpu @tensorflow/tfjs-node-gpu (it needs Linux, an NVIDIA GPU, CUDA 11 and cuDNN 8)',
  },
  tensorflow: {
    start: () => startTensorflow('@tensorflow/tfjs-node'),
    install: 'npx pnpm add -w --allow-build=@tensorflow/tfjs-node @tensorflow/tfjs-node',
  },
  webgpu: {
    start: ({ byName }) => startWebgpu({ acceptSoftware: byName }),
    install: 'npx pnpm add -w webgpu (on Linux it needs a Vulkan driver for the GPU)',
  },
  wasm: { start: () => startWasm(), install: 'npx pnpm install' },
  cpu: { start: () => startCpu(), install: 'npx pnpm install' },
};

/**
 * Starts the backend that `--backend NAME` or `CNNVIZ_BACKEND` names, else the first of {@link BACKENDS} that starts.
 *
 * @throws RangeError if the name is none of {@link BACKENDS}.
 * @throws Error if the named backend, or none at all, starts; it says what to install.
 */
export async function chooseBackend({
  argv = process.argv.slice(2),
  env = process.env,
  print = console.log,
  starters = STARTERS,
}: ChooseBackendOptions = {}): Promise<ChosenBackend> {
  if (env.CNNVIZ_PEAK_MEMORY) leavePeakMemory(env.CNNVIZ_PEAK_MEMORY);
  const asked = askedFor(argv, env);
  if (asked !== undefined) {
    const { name, by } = asked;
    try {
      const detail = await starters[name].start({ byName: true });
      print(`backend: ${name}, ${detail}; chosen by ${by}`);
      return { name, detail, passedOver: [] };
    } catch (error) {
      throw new Error(
        `${SELF}: ${by} ${name}: the backend does not start: ${reasonOf(error)}. To install it: ${starters[name].install}`,
        { cause: error },
      );
    }
  }
  const passedOver: ChosenBackend['passedOver'] = [];
  for (const name of BACKENDS) {
    try {
      const detail = await starters[name].start({ byName: false });
      const others = passedOver.map((other) => `${other.name} (${other.reason})`).join(', ');
      print(`backend: ${name}, ${detail}${others === '' ? '' : `; passed over: ${others}`}`);
      return { name, detail, passedOver };
    } catch (error) {
      passedOver.push({ name, reason: reasonOf(error) });
    }
  }
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new Error(`${SELF}: no backend starts: ${reasons}`);
}

const SELF = '@cnnviz/example-support: chooseBackend';

function askedFor(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { name: BackendName; by: string } | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: { backend: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  });
  const [by, given] =
    values.backend !== undefined ? ['--backend', values.backend] : ['CNNVIZ_BACKEND', env.CNNVIZ_BACKEND || undefined];
  if (given === undefined) return undefined;
  const name = BACKENDS.find((known) => known === given);
  if (name === undefined) {
    throw new RangeError(
      `${SELF}: ${by} must be one of ${BACKENDS.join(', ')}, got ${given === true ? 'nothing' : given}`,
    );
  }
  return { name, by: String(by) };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? message).trim().replace(/\.$/, '');
}
