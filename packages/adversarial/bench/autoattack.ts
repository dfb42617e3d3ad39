// Robust accuracy of the network of fixtures/autoattack.json as cnnviz finds it, beside what AutoAttack found.
//
//   pnpm --filter @cnnviz/adversarial compare-with-autoattack [--backend NAME]

import { parseArgs } from 'node:util';
import { chooseBackend } from '@cnnviz/example-support';
import fixture from '../fixtures/autoattack.json' with { type: 'json' };
import { autoAttackImages, autoAttackNetwork } from '../fixtures/autoattack-network.ts';
import { robustAccuracy, type StandardAttack } from '../src/index.ts';

const { values } = parseArgs({ options: { backend: { type: 'string' } } });
await chooseBackend({ argv: values.backend === undefined ? [] : ['--backend', values.backend] });
const { model } = autoAttackNetwork();
const data = autoAttackImages();
const cases = [
  { norm: 'linf', epsilon: fixture.epsilon.Linf, theirs: fixture.standing.Linf },
  { norm: 'l2', epsilon: fixture.epsilon.L2, theirs: fixture.standing.L2 },
] as const;
const attacks: Record<keyof typeof fixture.standing.Linf, StandardAttack[] | undefined> = {
  apgdCe: ['apgd-ce'],
  apgdT: ['apgd-t'],
  square: ['square'],
  standard: undefined,
};
const count = (flags: readonly number[]) => flags.filter((flag) => flag === 1).length;

for (const { norm, epsilon, theirs } of cases) {
  for (const [name, chosen] of Object.entries(attacks) as [keyof typeof theirs, StandardAttack[] | undefined][]) {
    const before = performance.now();
    const options = { epsilon, bounds: [0, 1] as const, norm, seed: 0, ...(chosen && { attacks: chosen }) };
    const { robust, correct, total, brokenBy, warnings } = await robustAccuracy(model, [data], options);
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    const differing = brokenBy.filter((by, image) => (by === null) !== (theirs[name][image] === 1)).length;
    const line = `${norm} ${epsilon}, ${name}: ${robust} of ${total} stand (${correct} right), AutoAttack: ${count(theirs[name])}`;
    console.log(`${line}; ${differing} images differ; ${seconds} s; warnings: ${warnings.map((w) => w.name).join()}`);
  }
}
