from importlib.metadata import version

import torch
from captum.robust import FGSM, PGD
from exchange import read, write
from network import Network
from serve import serve

subject = {}


def prepare(network, images, labels, logits, bounds):
    subject["module"] = Network(network, logits).eval().requires_grad_(False)
    subject["images"] = torch.from_numpy(read(images)).permute(0, 3, 1, 2).contiguous()
    subject["labels"] = torch.from_numpy(read(labels)).long()
    subject["bounds"] = {"lower_bound": bounds[0], "upper_bound": bounds[1]}


def attack(name, times, epsilon, options, out):
    module, images, labels = subject["module"], subject["images"], subject["labels"]
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    for _ in range(times):
        if name == "fgsm":
            points = FGSM(module, loss, **subject["bounds"]).perturb(images, epsilon, labels)
        else:
            points = PGD(module, loss, **subject["bounds"]).perturb(images, epsilon, target=labels, **options)
        with torch.no_grad():
            fooled = module(points).argmax(1) != labels
    return {"images": write(out, points.detach().permute(0, 2, 3, 1).numpy()), "fooled": fooled.tolist()}


serve(f"captum {version('captum')}", {"prepare": prepare, "attack": attack})
