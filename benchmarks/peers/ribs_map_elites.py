"""pyribs' tutorial "Using pyribs to fool an MNIST classifier": one cell a class, Gaussian steps from gray."""

import numpy
import ribs
import torch
from network import Network
from ribs.archives import GridArchive
from ribs.emitters import GaussianEmitter
from ribs.schedulers import Scheduler
from serve import serve

subject = {}


def prepare(network, logits):
    subject["module"] = Network(network, logits).eval()


@torch.no_grad()
def evolve(batch, generations, seed):
    archive = GridArchive(solution_dim=784, dims=[10], ranges=[(0, 10)], seed=seed)
    emitter = GaussianEmitter(
        archive, sigma=0.5, x0=numpy.full(784, 0.5), batch_size=batch, bounds=[(0, 1)] * 784, seed=seed
    )
    scheduler = Scheduler(archive, [emitter])
    for _ in range(generations):
        images = torch.from_numpy(scheduler.ask().astype(numpy.float32)).reshape(-1, 1, 28, 28)
        probabilities = torch.softmax(subject["module"](images), 1).numpy()
        classes = probabilities.argmax(1)
        scheduler.tell(probabilities.max(1), classes[:, None])
    return archive.data("objective").tolist()


serve(f"pyribs {ribs.__version__}", {"prepare": prepare, "evolve": evolve})
