import { GeneticAlgorithm, onePointCrossover, uniformCrossover } from '@cnnviz/genetic';
import { expect, it } from 'vitest';
import { type BitCrossover, birthsOf, countOnes, tracedBitEncoding } from './traced-bits.ts';

const uniform: BitCrossover = (first, second, random) => uniformCrossover(first, second, random);

it.each([
  ['two points', undefined],
  ['one point', onePointCrossover],
  ['uniform', uniform],
])('says of every bit where it comes from: %s', (_, crossover) => {
  let parents: Int32Array = new Int32Array(0);
  const algorithm = new GeneticAlgorithm({
    encoding: tracedBitEncoding({ length: 16, crossover }),
    populationSize: 31,
    elites: 2,
    mutationRate: 0.5,
    selection: (fitness, count, random) => {
      parents = Int32Array.from({ length: count }, () => random.integer(fitness.length));
      return parents;
    },
  });
  algorithm.tell(algorithm.ask().map(countOnes));
  const seen = { crossed: 0, flipped: 0, copied: 0 };
  for (let generation = 1; generation <= 6; generation++) {
    const before = algorithm.population.map(({ genome }) => genome);
    const asked = algorithm.ask();
    algorithm.tell(asked.map(countOnes));
    const children = algorithm.population.slice(2).map(({ genome }) => genome);
    const births = birthsOf(generation, parents, before, children);
    expect(births.filter(({ isEvaluated }) => isEvaluated)).toHaveLength(asked.length);
    births.forEach(({ parent, partner, selected, crossed, fromPartner, flipped, isEvaluated }, child) => {
      expect(selected).toBe(before[parent]!.bits.join(''));
      const mixed = [...selected].map((bit, place) =>
        fromPartner.includes(place) ? String(before[partner!]!.bits[place]) : bit,
      );
      expect(crossed).toBe(mixed.join(''));
      const mutated = mixed.map((bit, place) => (flipped.includes(place) ? String(1 - Number(bit)) : bit));
      expect(children[child]!.bits.join('')).toBe(mutated.join(''));
      if (partner !== null) expect(births[child ^ 1]).toMatchObject({ parent: partner, partner: parent });
      seen.crossed += fromPartner.length;
      seen.flipped += flipped.length;
      seen.copied += isEvaluated ? 0 : 1;
    });
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});
