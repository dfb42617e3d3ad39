"""Rastrigin's function with PyGAD's own operators: two cuts, and uniform steps as wide as normal ones of deviation 0.5."""

import math
import warnings

import numpy
import pygad
from serve import serve

warnings.filterwarnings("ignore")

LENGTH, LOW, HIGH, GENERATIONS = 30, -5.12, 5.12, 100
WIDTH = 0.5 * math.sqrt(3)


def evolve(seed, size):
    evaluations = 0

    def fitness(algorithm, numbers, index):
        nonlocal evaluations
        evaluations += 1
        return -float(10 * LENGTH + numpy.sum(numbers**2 - 10 * numpy.cos(2 * numpy.pi * numbers)))

    algorithm = pygad.GA(
        num_generations=GENERATIONS,
        sol_per_pop=size,
        num_parents_mating=size,
        num_genes=LENGTH,
        gene_type=float,
        init_range_low=LOW,
        init_range_high=HIGH,
        fitness_func=fitness,
        parent_selection_type="tournament",
        K_tournament=3,
        crossover_type="two_points",
        crossover_probability=0.9,
        mutation_type="random",
        mutation_probability=1 / LENGTH,
        random_mutation_min_val=-WIDTH,
        random_mutation_max_val=WIDTH,
        keep_elitism=0,
        keep_parents=0,
        random_seed=seed,
        suppress_warnings=True,
    )
    algorithm.run()
    return {"best": -float(max(algorithm.best_solutions_fitness)), "evaluations": evaluations}


serve(f"PyGAD {pygad.__version__}", {"evolve": lambda seeds, population: [evolve(seed, population) for seed in seeds]})
