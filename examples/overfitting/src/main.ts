import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, mnist, progressBars, workspaceRoot, writeClaims, writeReport } from '@cnnviz/example-support';
import { overfittingClaims } from './claims.ts';
import { compareRemedies, remedies } from './experiment.ts';
import { overfittingChapter } from './report.ts';

const USAGE = `Trains a small network on few handwritten digits, with and without each regularizer, and writes a page that
compares them.

  --images NUMBER  digits to learn from (default: 200)
  --corruption P   probability with which a training label is drawn anew (default: 0.2)
  --epochs NUMBER  (default: 60)
  --out FOLDER     where the page goes (default: report/overfitting)
  --seed NUMBER    decides images, weights and order (default: 0)
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '200' },
    corruption: { type: 'string', default: '0.2' },
    epochs: { type: 'string', default: '60' },
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const [images, epochs, seed] = [wholeNumber('images', 1), wholeNumber('epochs', 1), wholeNumber('seed', 0)];
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/overfitting') : resolve(from, values.out);
  const backend = await chooseBackend();
  const data = await mnist({ seed });
  const start = performance.now();
  const outcomes = await compareRemedies({
    data,
    trainImages: images,
    testImages: 2000,
    corruption: Number(values.corruption),
    epochs,
    seed,
    progress: progressBars({ stages: remedies.length }),
  });
  const seconds = (performance.now() - start) / 1000;
  const page = await writeReport(out, {
    title: 'Overfitting',
    intro: [`${data.train.name}, seed ${seed}, on ${backend.name} (${backend.detail}).`],
    facts: [],
    chapters: [overfittingChapter(outcomes, data.train.name)],
  });
  await writeClaims(out, { claims: overfittingClaims(outcomes, data.train.name), backend, seconds });
  for (const { remedy, history, epoch } of outcomes) {
    const { validationAccuracy = 0, validationLoss = 0 } = history[epoch]!;
    console.log(
      `${remedy}: test accuracy ${(100 * validationAccuracy).toFixed(1)} %, test loss ${validationLoss.toFixed(3)}`,
    );
  }
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}

function wholeNumber(name: 'images' | 'epochs' | 'seed', min: number): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`--${name} must be a whole number >= ${min}, got ${values[name]}`);
  }
  return value;
}
