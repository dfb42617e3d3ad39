import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programOf } from '../../packages/testing/src/documentation/readme-program.ts';
import { commonProject } from './project.ts';
import { endingOf, publicReadmes, type Readme, twoAtATime, type Workshop } from './workshop.ts';

const compilers = ['typescript-5.9', 'typescript-newest'];

/** As `moduleResolution` to the `module` that goes with it. */
const resolutions = { node16: 'node16', nodenext: 'nodenext', bundler: 'preserve' };

/**
 * Compiles every example of the READMEs against the packed declarations, as an ES module and as CommonJS, and holds that
 * the contracts are what they are and nothing is `any`.
 */
export async function types(workshop: Workshop): Promise<void> {
  const project = await commonProject(workshop);
  const folder = join(project, 'types');
  await mkdir(folder);
  for (const readme of await publicReadmes()) await writePrograms(folder, readme);
  const contracts = contractsOf(Object.keys(workshop.tarballs));
  for (const extension of ['mts', 'cts']) await writeFile(join(folder, `contracts.${extension}`), contracts);

  const runs = compilers.flatMap((compiler) =>
    Object.keys(resolutions).map((resolution) => ({ compiler, resolution })),
  );
  await twoAtATime(runs, async ({ compiler, resolution }) => {
    const config = join(folder, `tsconfig.${compiler}.${resolution}.json`);
    await writeFile(config, JSON.stringify(configOf(resolution as keyof typeof resolutions)));
    const { output, failure } = await endingOf('node', [`node_modules/${compiler}/bin/tsc`, '-p', config], project);
    const errors = errorsOfOurs(output);
    const isCompiled = failure === undefined || /\berror TS\d+/.test(output);
    workshop.report(
      `${compiler}, ${resolution}: READMEs and contracts`,
      isCompiled && errors.length === 0 ? undefined : errors.slice(0, 20).join('\n') || failure,
    );
  });
}

const configOf = (moduleResolution: keyof typeof resolutions) => ({
  compilerOptions: {
    module: resolutions[moduleResolution],
    moduleResolution,
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  },
  include: ['*.mts', '*.cts'],
});

async function writePrograms(folder: string, { name, examples }: Readme): Promise<void> {
  const { imports, body } = programOf(examples);
  const at = 'declare function at(place: string): void;';
  await writeFile(join(folder, `${name}.mts`), [imports, at, body, 'export {};'].join('\n'));
  const inFunction = `async function main() {\n${body}\n}\nmain();`;
  await writeFile(join(folder, `${name}.cts`), [imports, at, inFunction].join('\n'));
}

/**
 * Errors in a compiler's output that are ours to mend: in what the READMEs show, in our declarations, or in no file at all.
 * Those in declarations of others are not.
 */
export function errorsOfOurs(output: string): string[] {
  const errors = output.split('\n').filter((line) => /\berror TS\d+/.test(line));
  const fileOf = (line: string) => /^(.+?)\(\d+,\d+\): error/.exec(line)?.[1];
  return errors.filter((line) => {
    const file = fileOf(line);
    return file === undefined || !file.includes('node_modules/') || file.includes('node_modules/@cnnviz/');
  });
}

/** A program that compiles only where the contracts have their types, and each export of each package has one. */
function contractsOf(packages: readonly string[]): string {
  const imports = packages.map((name, index) => `import * as package${index} from '${name}';`);
  const checks = packages.map(
    (name, index) => `const none${index}: NoneIsAny<typeof package${index}> = true; // ${name}`,
  );
  return `
import type * as tf from '@tensorflow/tfjs-core';
import type { Bounds, Classifier } from '@cnnviz/adversarial';
import { fgsm, pgd } from '@cnnviz/adversarial';
import type { Bounds as ActmaxBounds, Probe as ActmaxProbe } from '@cnnviz/actmax';
import { dissect, type Probe } from '@cnnviz/dissect';
import type { Bounds as GeneticBounds, Classifier as GeneticClassifier } from '@cnnviz/genetic';
import { evolveFoolingImages } from '@cnnviz/genetic';
import { train, type Trainable } from '@cnnviz/regularizers';
${imports.join('\n')}

// @ts-expect-error: a function
export const classifier: Classifier = 42;
// @ts-expect-error
export const geneticClassifier: GeneticClassifier = 42;
// @ts-expect-error: a function
export const probe: Probe = 42;
// @ts-expect-error
export const actmaxProbe: ActmaxProbe = 42;
// @ts-expect-error: two numbers
export const bounds: Bounds = 42;
// @ts-expect-error
export const geneticBounds: GeneticBounds = ['0', '1'];
// @ts-expect-error
export const actmaxBounds: ActmaxBounds = [0, 1, 2];
// @ts-expect-error: or all of tfjs would be any
export const tensor: tf.Tensor4D = 42;

declare const model: Classifier;
declare const images: tf.Tensor4D;
declare const labels: tf.Tensor1D;
declare const layer: Probe;
declare const trainable: Trainable;
declare const optimizer: tf.Optimizer;
declare const encoding: Parameters<typeof evolveFoolingImages>[1]['encoding'];
declare const concepts: Parameters<typeof dissect>[0]['concepts'];
const { signal } = new AbortController();
const onProgress = async (progress: object) => {};

// What long work takes, and what it says of itself.
export const sound = [
  () => fgsm(model, images, labels, { epsilon: 1, bounds: [0, 1] }),
  () => pgd(model, images, labels, { epsilon: 1, bounds: [0, 1], seed: 0, signal, onProgress }),
  () => pgd(model, images, labels, { epsilon: 1, bounds: [0, 1], seed: 0, signal: undefined, onProgress: undefined }),
  () => dissect({ probe: layer, concepts, upsampling: 'half-pixel', signal, onProgress }),
  () => evolveFoolingImages(model, { encoding, bounds: [0, 1], generations: 1, seed: 0, signal, onProgress }),
  () => train(trainable, [{ images, labels }], { optimizer, epochs: 1, seed: 0, signal, onProgress }),
];
pgd(model, images, labels, {
  epsilon: 1,
  bounds: [0, 1],
  seed: 0,
  onProgress: (progress) => {
    const isAny: IsAny<typeof progress> = false;
  },
});
// @ts-expect-error: no signal
pgd(model, images, labels, { epsilon: 1, bounds: [0, 1], seed: 0, signal: 'stop' });
// @ts-expect-error: no option
pgd(model, images, labels, { epsilon: 1, bounds: [0, 1], seed: 0, sgnal: signal });
// @ts-expect-error: no function
dissect({ probe: layer, concepts, upsampling: 'half-pixel', onProgress: 1 });

type IsAny<T> = 0 extends 1 & T ? true : false;
type UsesAny<T> = IsAny<T> extends true
  ? true
  : T extends (...parameters: infer P) => infer R
    ? true extends IsAny<R> | { [Index in keyof P]: IsAny<P[Index]> }[number] ? true : false
    : false;
type NamesOfAny<T> = { [Name in keyof T]: UsesAny<T[Name]> extends true ? Name : never }[keyof T];
type NoneIsAny<T> = [NamesOfAny<T>] extends [never] ? true : NamesOfAny<T>;
${checks.join('\n')}
export { ${checks.map((_, index) => `none${index}`).join(', ')} };
`;
}
