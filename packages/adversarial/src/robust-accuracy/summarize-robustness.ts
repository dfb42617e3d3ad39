import { wilsonInterval } from '@cnnviz/internal';
import { warningOf } from './model-warnings.ts';
import type { RobustAccuracy } from './robust-accuracy-result.ts';
import { isBlackBox, nameOf, type RobustnessAttack } from './robustness-attack.ts';
import type { RobustnessSettings } from './robustness-settings.ts';
import type { Evaluation } from './robustness-state.ts';

/** Counts what each attack broke. */
export function summarizeRobustness(
  { brokenBy, warnings }: Evaluation,
  { epsilon, norm, attacks, level, smaller }: RobustnessSettings,
): RobustAccuracy {
  const total = brokenBy.length;
  const count = (name: string | null) => brokenBy.filter((by) => by === name).length;
  const correct = total - count('clean');
  const robust = count(null);
  const names = new Set([...(smaller?.attacks ?? []).map(({ name }) => name), ...attacks.map(nameOf)]);
  let standing = correct;
  const perAttack = [...names].map((name) => {
    const broken = count(name);
    standing -= broken;
    return { name, broken, standing };
  });
  const brokenLate = blackBoxesAfterGradients(attacks).reduce((sum, attack) => sum + count(nameOf(attack)), 0);
  // One or two images in a thousand are chance: AutoAttack's threshold.
  if (brokenLate > 0.002 * total) warnings.add('black-box-beats-white-box');
  return {
    epsilon,
    norm,
    total,
    correct,
    robust,
    cleanAccuracy: correct / total,
    accuracy: robust / total,
    interval: wilsonInterval(robust, total, level),
    attacks: perAttack,
    brokenBy,
    warnings: [...warnings].map(warningOf),
  };
}

function blackBoxesAfterGradients(attacks: readonly RobustnessAttack[]): RobustnessAttack[] {
  const firstWhiteBox = attacks.findIndex((attack) => !isBlackBox(attack));
  return attacks.filter((attack, index) => isBlackBox(attack) && firstWhiteBox !== -1 && index > firstWhiteBox);
}
