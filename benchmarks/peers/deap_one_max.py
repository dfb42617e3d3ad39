"""OneMax as in DEAP's examples/ga/onemax.py: 300 individuals of 100 bits, tournaments of 3."""

import random

import deap
from deap import base, creator, tools
from serve import serve

creator.create("Maximum", base.Fitness, weights=(1.0,))
creator.create("Individual", list, fitness=creator.Maximum)
box = base.Toolbox()
box.register("bit", random.randint, 0, 1)
box.register("individual", tools.initRepeat, creator.Individual, box.bit, 100)
box.register("population", tools.initRepeat, list, box.individual)


def evolve(seed, size):
    random.seed(seed)
    population = box.population(n=size)
    for one in population:
        one.fitness.values = (sum(one),)
    generations, evaluations = 0, size
    while max(one.fitness.values[0] for one in population) < 100:
        children = list(map(box.clone, tools.selTournament(population, size, tournsize=3)))
        for first, second in zip(children[::2], children[1::2]):
            if random.random() < 0.5:
                tools.cxTwoPoint(first, second)
                del first.fitness.values, second.fitness.values
        for one in children:
            if random.random() < 0.2:
                tools.mutFlipBit(one, indpb=0.05)
                del one.fitness.values
        changed = [one for one in children if not one.fitness.valid]
        for one in changed:
            one.fitness.values = (sum(one),)
        evaluations += len(changed)
        population = children
        generations += 1
    return {"generations": generations, "evaluations": evaluations}


serve(f"DEAP {deap.__version__}", {"evolve": lambda seeds, population: [evolve(seed, population) for seed in seeds]})
