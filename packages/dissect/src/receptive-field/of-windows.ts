import { check, type Grid, isLost, type Lost, lost, type Pair, pixels, slide, spread } from './algebra.ts';
import { fieldOf } from './field-of.ts';
import type { ReceptiveField, ReceptiveFieldOptions, SlidingWindow } from './options.ts';
import { imageMap, isMap, type Traced } from './placed-map.ts';

/** The receptive field of windows by hand, from the image on. */
export function ofWindows(windows: readonly SlidingWindow[], inputSize: Pair | null): ReceptiveField {
  const image = imageMap([null, null], 'channelsLast', { batch: 1, channels: null });
  const grids = windows.reduce<Pair<Grid>>(
    ([down, across], window) => [throughWindow(down, window, 0, 'source'), throughWindow(across, window, 1, 'source')],
    image.grids as Pair<Grid>,
  );
  return fieldOf({ ...image, grids }, { name: 'source', inputSize, extent: 'local' });
}

/** What a window by hand does along one direction. How long the map becomes is known only where it stays as it is. */
function throughWindow(grid: Grid, window: SlidingWindow, axis: 0 | 1, name: string): Grid {
  if (typeof window !== 'object' || window === null) {
    check.fail('type', name, name === 'source' ? 'a list of windows' : 'a window', window);
  }
  const size = pairOf('size', window.size, { min: 1 })[axis];
  const stride = pairOf('stride', window.stride ?? 1, { min: 1 })[axis];
  const padding = pairOf('padding', window.padding ?? 0, {})[axis];
  const dilation = pairOf('dilation', window.dilation ?? 1, { min: 1 })[axis];
  const isSame = size === 1 && stride === 1 && padding === 0;
  const remedy = `what ${name} makes of its size is not known; give inputSize and start behind it with from`;
  const sliding = { size, stride, dilation, padding: [padding, isSame ? 0 : null] as const, remedy };
  const result = window.transposed
    ? spread({ ...grid, remedy: isSame ? grid.remedy : remedy }, sliding, isSame ? grid.length : null, name)
    : slide(grid, sliding, name);
  return isLost(result) ? pixels(null) : result;
}

/** The window that the caller gives for a layer or node, by its name or its kind. */
export function givenWindow(
  { windows = {} }: ReceptiveFieldOptions,
  name: string,
  kind: string,
): SlidingWindow | undefined {
  const key = [name, kind].find((each) => Object.hasOwn(windows, each));
  return key === undefined ? undefined : windows[key];
}

export function throughGivenWindow(traced: Traced, window: SlidingWindow, name: string): Traced {
  if (!isMap(traced)) return traced;
  const [down, across] = traced.grids;
  const option = `windows['${name}']`;
  return {
    ...traced,
    grids: [down && throughWindow(down, window, 0, option), across && throughWindow(across, window, 1, option)],
  };
}

export const unknownKind = (name: string, kind: string): Lost =>
  lost(
    `what ${name} (${kind}) does to positions is not known: say it in windows['${name}'] or windows['${kind}'], or start behind it with from`,
  );

/** One number for both directions, or two. */
export function pairOf(name: string, value: unknown, range: { min?: number }): Pair {
  if (!Array.isArray(value)) {
    const both = check.number(name, value, { integer: true, ...range });
    return [both, both];
  }
  if (value.length !== 2) check.fail('range', name, 'one number or two, down and across', value);
  return [
    check.number(name, value[0], { integer: true, ...range }),
    check.number(name, value[1], { integer: true, ...range }),
  ];
}
