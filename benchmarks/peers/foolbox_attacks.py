import foolbox
import torch
from exchange import read, write
from network import Network
from serve import serve

subject = {}


def prepare(network, images, labels, logits, bounds):
    module = Network(network, logits).eval()
    # Channels first.
    subject["images"] = torch.from_numpy(read(images)).permute(0, 3, 1, 2).contiguous()
    subject["labels"] = torch.from_numpy(read(labels)).long()
    subject["model"] = foolbox.PyTorchModel(module, bounds=tuple(bounds), device="cpu")
    # With the gradient of every weight kept, a network costs more than an attack needs.
    module.requires_grad_(False)


def attack(name, times, epsilon, options, out):
    make = {
        "fgsm": foolbox.attacks.LinfFastGradientAttack,
        "pgd": foolbox.attacks.LinfProjectedGradientDescentAttack,
        "deepFool": foolbox.attacks.L2DeepFoolAttack,
        "carliniWagner": foolbox.attacks.L2CarliniWagnerAttack,
    }[name]
    for _ in range(times):
        _, points, fooled = make(**options)(subject["model"], subject["images"], subject["labels"], epsilons=epsilon)
    adversarial = points.permute(0, 2, 3, 1).numpy()
    return {"images": write(out, adversarial), "fooled": fooled.numpy().tolist()}


serve(f"foolbox {foolbox.__version__}", {"prepare": prepare, "attack": attack})
