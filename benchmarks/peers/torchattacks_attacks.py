from importlib.metadata import version

import torch
import torchattacks
from exchange import read, write
from network import Network
from serve import serve

subject = {}


def prepare(network, images, labels, logits, bounds):
    if bounds != [0, 1]:
        raise ValueError("torchattacks takes images in [0, 1]")
    subject["module"] = Network(network, logits).eval().requires_grad_(False)
    subject["images"] = torch.from_numpy(read(images)).permute(0, 3, 1, 2).contiguous()
    subject["labels"] = torch.from_numpy(read(labels)).long()


def attack(name, times, epsilon, options, out):
    make = {
        "fgsm": torchattacks.FGSM,
        "pgd": torchattacks.PGD,
        "deepFool": torchattacks.DeepFool,
        "carliniWagner": torchattacks.CW,
    }[name]
    module = subject["module"]
    for _ in range(times):
        points = make(module, **options)(subject["images"], subject["labels"])
        with torch.no_grad():
            fooled = module(points).argmax(1) != subject["labels"]
    return {"images": write(out, points.detach().permute(0, 2, 3, 1).numpy()), "fooled": fooled.tolist()}


serve(f"torchattacks {version('torchattacks')}", {"prepare": prepare, "attack": attack})
