import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../test-support/chi-squared.ts';
import { grownCppns, lent } from '../../test-support/grown-cppns.ts';
import { type CppnConnection, type CppnGenome, leadsTo, requireCppnGenome } from './cppn/cppn-genome.ts';
import { cppnDistance, crossCppns } from './cppn/cross-cppns.ts';
import { cppnEncoding } from './cppn-encoding.ts';

describe('cppnEncoding', () => {
  useBackend('cpu');

  it('renders no genome', () => {
    const none = cppnEncoding({ shape: [8, 8, 1] }).render([]);
    expect(none.shape).toEqual([0, 8, 8, 1]);
    none.dispose();
  });

  it('renders larger what it renders small: the middle of each block of nine pixels is the pixel', async () => {
    for (const coordinates of ['normalized', 'pixels'] as const) {
      const encoding = cppnEncoding({ shape: [6, 6, 1], coordinates, weightRange: 2 });
      const genome = encoding.create(lent(3));
      const [small, large] = [encoding.render([genome]), encoding.render([genome], [18, 18])];
      const [smallPixels, largePixels] = [await small.data(), await large.data()];
      tf.dispose([small, large]);
      for (const [pixel, value] of smallPixels.entries()) {
        const middle = (3 * Math.floor(pixel / 6) + 1) * 18 + 3 * (pixel % 6) + 1;
        expect(largePixels[middle]).toBeCloseTo(value, 4);
      }
    }
  });

  it.each([
    ['small', 12],
    ['more than is remembered of a batch', 400],
  ])('renders children of the same parents together as each by itself, %s', async (_, size) => {
    const encoding = cppnEncoding({ shape: [size, size, 3] });
    const parents = grownCppns(7, { channels: 3, count: 30 });
    const family = [...parents, ...parents.map((parent, index) => encoding.mutate(parent, lent(index))), ...parents];
    const together = encoding.render(family);
    const pixels = await together.data();
    together.dispose();
    for (const [index, genome] of family.entries()) {
      const alone = encoding.render([genome]);
      const own = await alone.data();
      alone.dispose();
      const same = pixels.subarray(index * own.length, (index + 1) * own.length);
      expect(Buffer.compare(Buffer.from(own.buffer), Buffer.from(same.slice().buffer))).toBe(0);
    }
  });

  it('gives x and y as pixel indices where asked to', async () => {
    const encoding = cppnEncoding({ shape: [4, 4, 1], coordinates: 'pixels' });
    const genome: CppnGenome = {
      nodes: [{ id: 4, activation: 'linear' }],
      connections: [
        { innovation: 0, from: 0, to: 4, weight: 0.3, enabled: true },
        { innovation: 1, from: 1, to: 4, weight: 0.5, enabled: true },
      ],
    };
    const image = encoding.render([genome]);
    const pixels = await image.data();
    image.dispose();
    const expected = Array.from({ length: 16 }, (_, pixel) => (0.3 * (pixel % 4) + 0.5 * Math.floor(pixel / 4)) / 3);
    for (const [pixel, value] of expected.entries()) expect(pixels[pixel]).toBeCloseTo(value, 5);
  });

  it('starts with every input connected to every output and no hidden node', () => {
    const encoding = cppnEncoding({ shape: [8, 8, 3] });
    const { nodes, connections } = encoding.create(lent(1));
    expect(nodes.map(({ id }) => id)).toEqual([4, 5, 6]);
    expect(connections).toHaveLength(12);
    expect(new Set(connections.map(({ from, to }) => `${from}>${to}`)).size).toBe(12);
    expect(connections.map(({ innovation }) => innovation)).toEqual(Array.from({ length: 12 }, (_, index) => index));
  });

  it('stays a network without circles, its connections in the order of innovation, whatever is bred', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom('neat' as const, 'fooling' as const), (seed, preset) => {
        for (const genome of grownCppns(seed, { channels: 3, count: 4, generations: 25, preset })) {
          expect(requireCppnGenome(JSON.parse(JSON.stringify(genome)), 3)).toEqual(genome);
          const innovations = genome.connections.map(({ innovation }) => innovation);
          expect(innovations).toEqual([...innovations].sort((a, b) => a - b));
          const ends = genome.connections.map(({ from, to }) => `${from}>${to}`);
          expect(new Set(ends).size).toBe(ends.length);
          expect(genome.connections.every(({ weight }) => Math.abs(weight) <= 10)).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('adds and removes with the rates of the fooling code', () => {
    const encoding = cppnEncoding({ shape: [8, 8, 1], weightRate: 0, activationRate: 0, addNodeRate: 0 });
    const now = lent(2);
    const base = grownCppns(5, { count: 1, generations: 20 })[0]!;
    const counts = { more: 0, fewer: 0, same: 0 };
    for (let draw = 0; draw < 4000; draw++) {
      const { connections, nodes } = encoding.mutate(base, now);
      if (nodes.length < base.nodes.length) continue;
      const known = connections.filter(({ enabled }) => enabled).length;
      const had = base.connections.filter(({ enabled }) => enabled).length;
      if (known > had) counts.more++;
      else if (connections.length < base.connections.length) counts.fewer++;
      else counts.same++;
    }
    expect(counts.more).toBeGreaterThan(counts.fewer);
    expect(counts.fewer).toBeGreaterThan(0);
  });

  it('mutates a tenth of the weights, by steps of the polynomial distribution times the range', () => {
    const encoding = cppnEncoding({
      shape: [8, 8, 3],
      activationRate: 0,
      addConnectionRate: 0,
      removeConnectionRate: 0,
      addNodeRate: 0,
      removeNodeRate: 0,
    });
    const now = lent(7);
    const genome = encoding.create(now);
    let changed = 0;
    for (let draw = 0; draw < 2000; draw++) {
      const { connections } = encoding.mutate(genome, now);
      changed += connections.filter(({ weight }, index) => weight !== genome.connections[index]!.weight).length;
    }
    expect(chiSquaredDeviation([changed, 24_000 - changed], [0.1, 0.9])).toBeLessThan(4);
  });

  it('splits a connection: silenced and doubled with NEAT, replaced in the fooling code', () => {
    const only = { weightRate: 0, activationRate: 0, addConnectionRate: 0, removeConnectionRate: 0, removeNodeRate: 0 };
    const split = (preset: 'neat' | 'fooling') => {
      const encoding = cppnEncoding({ shape: [8, 8, 1], preset, ...only, addNodeRate: 1 });
      const now = lent(1);
      const parent = encoding.create(now);
      const child = encoding.mutate(parent, now);
      return { parent, child, added: child.connections.filter(({ innovation }) => innovation >= 4) };
    };
    const neat = split('neat');
    const silenced = neat.child.connections.find(({ enabled }) => !enabled)!;
    expect(neat.child.connections).toHaveLength(6);
    expect(neat.added).toMatchObject([
      { from: silenced.from, to: 5, weight: 1 },
      { from: 5, to: 4, weight: silenced.weight },
    ]);
    const fooling = split('fooling');
    expect(fooling.child.connections).toHaveLength(5);
    const removed = fooling.parent.connections.find(
      ({ innovation }) => !fooling.child.connections.some((one) => one.innovation === innovation),
    )!;
    expect(fooling.added).toMatchObject([
      { from: removed.from, to: 5, weight: removed.weight },
      { from: 5, to: 4, weight: removed.weight },
    ]);
  });

  it('gives the same change in one generation the same numbers, and others in the next', () => {
    const encoding = cppnEncoding({ shape: [8, 8, 1], addNodeRate: 1, removeNodeRate: 0, removeConnectionRate: 0 });
    const now = { ...lent(1), generation: 1 };
    const parent = encoding.create(now);
    const split = (genome: CppnGenome) => genome.nodes.find(({ id }) => id > 4)!.id;
    const origin = (genome: CppnGenome) => genome.connections.find(({ enabled }) => !enabled)!.innovation;
    const first = Array.from({ length: 40 }, () => encoding.mutate(parent, now));
    const ids = new Map(first.map((child) => [origin(child), split(child)]));
    for (const child of first) expect(split(child)).toBe(ids.get(origin(child)));
    expect(new Set(ids.values()).size).toBe(ids.size);
    now.generation = 2;
    const later = Array.from({ length: 10 }, () => encoding.mutate(parent, now));
    for (const child of later) expect([...ids.values()]).not.toContain(split(child));
    expect(Object.keys(now.memory).length).toBeLessThan(40);
  });

  it('does not grow beyond maxHidden', () => {
    const encoding = cppnEncoding({ shape: [8, 8, 1], addNodeRate: 1, removeNodeRate: 0, maxHidden: 5 });
    const now = lent(1);
    let genome = encoding.create(now);
    for (let step = 0; step < 30; step++) genome = encoding.mutate(genome, now);
    expect(genome.nodes).toHaveLength(6);
  });

  it('copies parents with the preset of the fooling code', () => {
    const [first, second] = grownCppns(1, { preset: 'fooling' });
    const encoding = cppnEncoding({ shape: [8, 8, 1], preset: 'fooling' });
    expect(encoding.cross(first!, second!, lent(0))).toEqual([first, second]);
  });

  it('saves genomes as JSON and refuses what is not one', () => {
    const encoding = cppnEncoding({ shape: [8, 8, 1] });
    const genome = grownCppns(3)[0]!;
    expect(encoding.load(JSON.parse(JSON.stringify(encoding.save(genome))))).toEqual(genome);
    const connection: CppnConnection = { innovation: 99, from: 0, to: 4, weight: 1, enabled: true };
    const withConnection = (changes: object) => ({
      nodes: [
        { id: 4, activation: 'sine' },
        { id: 5, activation: 'sine' },
      ],
      connections: [{ ...connection, ...changes }],
    });
    const refused: [unknown, string][] = [
      [null, 'it has no nodes and connections'],
      [{ nodes: [], connections: [] }, 'its output 4 is missing'],
      [{ nodes: [{ id: 4, activation: 'relu' }], connections: [] }, 'the activation of its node 4 is relu'],
      [withConnection({ to: 9 }), 'its connection 0 to 9 leads nowhere'],
      [withConnection({ weight: null }), 'the weight of its connection 0 to 4 is null'],
      [withConnection({ from: 4 }), 'its connection 4 to 4 closes a circle'],
      [
        { ...withConnection({}), connections: [connection, { ...connection, innovation: connection.innovation - 1 }] },
        'the innovation number of its connection 0 to 4',
      ],
    ];
    for (const [saved, message] of refused) expect(() => encoding.load(saved)).toThrow(message);
  });

  it('throws on options out of range', () => {
    expect(() => cppnEncoding({ shape: [8, 8, 2] })).toThrow(
      '@cnnviz/genetic: cppnEncoding: channels must be one of 1, 3, got 2',
    );
    expect(() => cppnEncoding({ shape: [8, 8, 1], weightRate: 2 })).toThrow('weightRate');
    expect(() => cppnEncoding({ shape: [8, 8, 1], preset: 'hyper' as 'neat' })).toThrow('preset');
    expect(() => cppnEncoding({ shape: [8, 8, 1] }).render([], [0, 1])).toThrow('size');
  });
});

describe('crossCppns', () => {
  const gene = (innovation: number, weight: number, from = 0, to = 4, enabled = true): CppnConnection => ({
    innovation,
    from,
    to,
    weight,
    enabled,
  });
  // Figure 4 of the NEAT paper: matching 1 to 5, disjoint 6, 7 and 8, excess 9 and 10.
  const first: CppnGenome = {
    nodes: [{ id: 4, activation: 'sine' }],
    connections: [1, 2, 3, 4, 5, 8].map((innovation) => gene(innovation, 1)),
  };
  const second: CppnGenome = {
    nodes: [{ id: 4, activation: 'linear' }],
    connections: [1, 2, 3, 4, 5, 6, 7, 9, 10].map((innovation) => gene(innovation, -1)),
  };

  it('takes the structure of one parent, and matching weights from either, half of the time each', () => {
    const random = createRandom(1);
    const taken = [0, 0];
    for (let draw = 0; draw < 2000; draw++) {
      const child = crossCppns(first, second, random);
      expect(child.connections.map(({ innovation }) => innovation)).toEqual([1, 2, 3, 4, 5, 8]);
      expect(child.connections.at(-1)!.weight).toBe(1);
      for (const { weight } of child.connections.slice(0, 5)) taken[weight === 1 ? 0 : 1]!++;
    }
    expect(chiSquaredDeviation(taken, [0.5, 0.5])).toBeLessThan(4);
  });

  it('gives both children the structure of the fitter parent, else each that of its own', () => {
    const { cross } = cppnEncoding({ shape: [8, 8, 1] });
    const structures = (fitter?: 'first' | 'second') =>
      cross(first, second, lent(1), fitter).map(({ connections }) => connections.length);
    expect(structures()).toEqual([6, 9]);
    expect(structures('first')).toEqual([6, 6]);
    expect(structures('second')).toEqual([9, 9]);
  });

  it('keeps what is silent in a parent silent three times of four', () => {
    const random = createRandom(2);
    const silent = { ...first, connections: [gene(1, 1, 0, 4, false)] };
    const loud = { ...first, connections: [gene(1, 1)] };
    const counts = [0, 0];
    for (let draw = 0; draw < 4000; draw++) {
      counts[crossCppns(silent, loud, random).connections[0]!.enabled ? 1 : 0]!++;
    }
    expect(chiSquaredDeviation(counts, [0.75, 0.25])).toBeLessThan(4);
  });

  it('measures the distance of the paper', () => {
    // Five matching genes that differ by 2, five that do not match, fewer than 20 genes.
    expect(cppnDistance(first, second)).toBeCloseTo(5 + 0.4 * 2, 12);
    expect(cppnDistance(first, first)).toBe(0);
    expect(cppnDistance(second, first)).toBe(cppnDistance(first, second));
  });
});

it('leadsTo follows connections, silent ones too', () => {
  const connections = [
    { innovation: 0, from: 5, to: 6, weight: 1, enabled: false },
    { innovation: 1, from: 6, to: 4, weight: 1, enabled: true },
  ];
  expect(leadsTo(connections, 5, 4)).toBe(true);
  expect(leadsTo(connections, 4, 5)).toBe(false);
  expect(leadsTo(connections, 7, 7)).toBe(true);
});

describe('networks of any size and kind', () => {
  useBackend('cpu');

  /** Node after node, each fed by the one before: the first by x, the last is the output. */
  function chain(length: number): CppnGenome {
    const ids = [...Array.from({ length: length - 1 }, (_, index) => 5 + index), 4];
    return {
      nodes: [4, ...ids.slice(0, -1)].map((id) => ({ id, activation: 'linear' as const })),
      connections: ids.map((to, index) => ({
        innovation: index,
        from: index === 0 ? 0 : ids[index - 1]!,
        to,
        weight: 3,
        enabled: true,
      })),
    };
  }

  it('loads, crosses, mutates and renders a chain of 20,000 nodes', async () => {
    const encoding = cppnEncoding({ shape: [2, 2, 1] });
    const long = encoding.load(chain(20_000));
    expect(long.nodes).toHaveLength(20_000);
    const image = encoding.render([long]);
    // Each node passes on what it gets: three times it, a third of that.
    for (const value of await image.data()) expect(value).toBeCloseTo(0.5, 5);
    image.dispose();
    const [child] = encoding.cross(long, long, lent(0));
    expect(encoding.mutate(child, lent(1)).nodes.length).toBeGreaterThan(19_000);
  });

  it('loads a network as a slow check of circles does, and names a connection that closes one', () => {
    const encoding = cppnEncoding({ shape: [2, 2, 1] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 4, max: 8 })), { maxLength: 9 }),
        (pairs) => {
          const distinct = [...new Map(pairs.map((pair) => [String(pair), pair])).values()];
          const genome: CppnGenome = {
            nodes: [4, 5, 6, 7, 8].map((id) => ({ id, activation: 'sine' })),
            connections: distinct.map(([from, to], innovation) => ({ innovation, from, to, weight: 1, enabled: true })),
          };
          const closing = genome.connections.filter(({ from, to }) => leadsTo(genome.connections, to, from));
          if (closing.length === 0) {
            expect(encoding.load(genome)).toEqual(genome);
            return;
          }
          const allowed = closing.map(({ from, to }) => `its connection ${from} to ${to} closes a circle`);
          let message = '';
          try {
            encoding.load(genome);
          } catch (error) {
            message = (error as Error).message;
          }
          expect(allowed.some((text) => message.includes(text))).toBe(true);
        },
      ),
    );
  });

  it('renders no network that depends on itself or has no such node', () => {
    const encoding = cppnEncoding({ shape: [2, 2, 1] });
    const connection = { innovation: 0, weight: 1, enabled: true };
    const circle: CppnGenome = {
      nodes: [{ id: 4, activation: 'sine' }],
      connections: [{ ...connection, from: 4, to: 4 }],
    };
    expect(() => encoding.render([circle])).toThrow(
      "@cnnviz/genetic: cppnEncoding: a genome's node 4 depends on itself",
    );
    const lost: CppnGenome = {
      nodes: [{ id: 4, activation: 'sine' }],
      connections: [{ ...connection, from: 9, to: 4 }],
    };
    expect(() => encoding.render([lost])).toThrow('a genome: the activation of node 9 must be one of');
    expect(() => encoding.render([null as never])).toThrow('@cnnviz/genetic: cppnEncoding: ');
  });
});
