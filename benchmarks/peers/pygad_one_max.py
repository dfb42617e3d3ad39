"""OneMax with PyGAD and the settings of DEAP's example, as far as it has them: it crosses and mutates whole generations."""

import warnings

import numpy
import pygad
from serve import serve

warnings.filterwarnings("ignore")


def evolve(seed, size):
    evaluations = 0

    def fitness(algorithm, bits, index):
        nonlocal evaluations
        evaluations += 1
        return int(numpy.sum(bits))

    algorithm = pygad.GA(
        num_generations=1000,
        sol_per_pop=size,
        num_parents_mating=size,
        num_genes=100,
        gene_type=int,
        gene_space=[0, 1],
        fitness_func=fitness,
        parent_selection_type="tournament",
        K_tournament=3,
        crossover_type="two_points",
        crossover_probability=0.5,
        mutation_type="random",
        # A fifth of the children times a twentieth of their bits.
        mutation_probability=0.2 * 0.05,
        keep_elitism=0,
        keep_parents=0,
        stop_criteria="reach_100",
        random_seed=seed,
        suppress_warnings=True,
    )
    algorithm.run()
    return {"generations": algorithm.generations_completed, "evaluations": evaluations}


serve(f"PyGAD {pygad.__version__}", {"evolve": lambda seeds, population: [evolve(seed, population) for seed in seeds]})
