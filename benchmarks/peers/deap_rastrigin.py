"""Rastrigin's function with DEAP: Deb's operators within bounds, tournaments of 3, no elite."""

import math
import random

import deap
from deap import base, creator, tools
from serve import serve

LENGTH, LOW, HIGH, GENERATIONS, ETA = 30, -5.12, 5.12, 100, 20

creator.create("Minimum", base.Fitness, weights=(-1.0,))
creator.create("Individual", list, fitness=creator.Minimum)
box = base.Toolbox()
box.register("gene", random.uniform, LOW, HIGH)
box.register("individual", tools.initRepeat, creator.Individual, box.gene, LENGTH)
box.register("population", tools.initRepeat, list, box.individual)


def rastrigin(numbers):
    return 10 * len(numbers) + sum(x * x - 10 * math.cos(2 * math.pi * x) for x in numbers)


def evolve(seed, size):
    random.seed(seed)
    population = box.population(n=size)
    changed, evaluations, best = population, 0, math.inf
    for generation in range(GENERATIONS + 1):
        for one in changed:
            one.fitness.values = (rastrigin(one),)
        evaluations += len(changed)
        best = min(best, min(one.fitness.values[0] for one in population))
        if generation == GENERATIONS:
            return {"best": best, "evaluations": evaluations}
        population = list(map(box.clone, tools.selTournament(population, size, tournsize=3)))
        for first, second in zip(population[::2], population[1::2]):
            if random.random() < 0.9:
                tools.cxSimulatedBinaryBounded(first, second, eta=ETA, low=LOW, up=HIGH)
                del first.fitness.values, second.fitness.values
        for one in population:
            tools.mutPolynomialBounded(one, eta=ETA, low=LOW, up=HIGH, indpb=1 / LENGTH)
            del one.fitness.values
        changed = [one for one in population if not one.fitness.valid]


serve(f"DEAP {deap.__version__}", {"evolve": lambda seeds, population: [evolve(seed, population) for seed in seeds]})
