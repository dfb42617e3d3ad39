import { requireSavedState } from '@cnnviz/internal';
import { ChanceTally } from '../tallies/chance-tally.ts';
import { DissectionTally } from '../tallies/dissection-tally.ts';
import { TopImages } from '../tallies/top-images.ts';
import { UnitThresholds } from '../tallies/unit-thresholds.ts';
import { type DissectedLayer, placeLayer } from './dissected-layer.ts';
import type { Run } from './dissection-options.ts';
import type { DissectionPhase, DissectionState } from './dissection-state.ts';
import { requireSameOptions, savedOptions } from './saved-options.ts';

/** Kind and version that a saved dissection begins with. */
export const dissectionFormat = { kind: 'dissect', version: 1 } as const;

interface Reached {
  phase: DissectionPhase;
  images: number;
  kinds: readonly string[];
  layers: readonly DissectedLayer[];
}

/** The state of a dissection that has reached some image of a phase. */
export function dissectionState({ options }: Run, { phase, images, kinds, layers }: Reached): DissectionState {
  return {
    ...dissectionFormat,
    phase,
    images,
    options: savedOptions(options),
    kinds: [...kinds],
    layers: layers.map(({ name, mapSize, thresholds, topImages, tally, chance }) => ({
      layer: name,
      mapSize: [...mapSize],
      thresholds: thresholds.state(),
      topImages: topImages?.state() ?? null,
      tally: tally?.state() ?? null,
      chance: chance?.state() ?? null,
    })),
  };
}

/**
 * Restores the layers of a saved dissection after checking that it is one of the same options and data.
 *
 * @param name The option that holds the state.
 * @returns Null if the state is one before the first image.
 */
export function restoreLayers(run: Run, state: DissectionState, name: string): DissectedLayer[] | null {
  const { check, options } = run;
  requireSavedState(check, state, dissectionFormat, name);
  check.oneOf(`${name}.phase`, state.phase, ['thresholds', 'masks']);
  check.number(`${name}.images`, state.images, { integer: true, min: 0, max: options.concepts.count });
  const saved = state.layers.map(({ layer }) => layer);
  const own = options.layers.map(({ name }) => name);
  if (state.images > 0 && JSON.stringify(saved) !== JSON.stringify(own)) {
    check.failBecause('state', `the state was saved with the layers ${saved.join(', ')}, not ${own.join(', ')}`);
  }
  requireSameOptions(check, 'the state', state.options, savedOptions(options));
  requireConsistent(run, state);
  if (state.layers.length === 0) return null;
  return state.layers.map(({ mapSize, thresholds, topImages, tally, chance }, index) => ({
    ...placeLayer(run, options.layers[index]!, mapSize),
    thresholds: UnitThresholds.from(thresholds),
    topImages: topImages === null ? null : TopImages.from(topImages),
    tally: tally === null ? null : DissectionTally.from(tally),
    chance: chance === null ? null : ChanceTally.from(chance),
  }));
}

/** Throws if the parts of a state do not belong to the options that it was saved with. */
function requireConsistent({ check, options }: Run, { phase, images, kinds, layers }: DissectionState): void {
  const { concepts, quantile, topImages, chance } = options;
  const damaged = (what: string) => check.failBecause('state', `the state is damaged: ${what}`);
  const expectedKinds = chance === null ? 0 : phase === 'masks' ? concepts.count : images;
  if (kinds.length !== expectedKinds) damaged(`it has the categories of ${kinds.length} images, not ${expectedKinds}`);
  for (const { mapSize, thresholds, topImages: tops, chance: counted } of layers) {
    const perUnit = tops?.top.perUnit ?? 0;
    if (perUnit !== topImages) damaged(`it has ${perUnit} top images per unit, not ${topImages}`);
    const expected = concepts.count * mapSize[0] * mapSize[1];
    const { options: sought } = thresholds;
    if (sought.quantile !== quantile || sought.expected !== expected) damaged('its thresholds are of other data');
    const isSame =
      counted === null ||
      (counted.options.permutations === chance?.permutations && counted.options.seed === chance.seed);
    if (!isSame) damaged('its chance level is of other options');
  }
}
