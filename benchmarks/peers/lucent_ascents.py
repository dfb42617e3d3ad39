from importlib.metadata import version

import numpy
import torch
from exchange import write

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # Built for another PyTorch, as PyPI's is where PyTorch is its build for CPUs alone: without the compiled operations,
    # which nothing here calls.
    operations = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operations.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from lucent.optvis import param, render, transform
from network import Network
from serve import serve

subject = {}


def prepare(network, logits):
    subject["module"] = Network(network, logits).eval().requires_grad_(False)


def maximize(classes, steps, size, method, seed, out):
    torch.manual_seed(seed)
    numpy.random.seed(seed)
    is_fourier = method == "fourier"
    shown = {}

    def parameters():
        shown["parameters"], shown["images"] = param.image(
            size, batch=len(classes), fft=is_fourier, decorrelate=is_fourier
        )
        return shown["parameters"], shown["images"]

    module = subject["module"]
    logits = {}
    hook = module.register_forward_hook(lambda module, inputs, outputs: logits.update(last=outputs))
    wanted = torch.tensor(classes)
    objective = lambda layers: -logits["last"][torch.arange(len(classes)), wanted].sum()
    try:
        render.render_vis(
            module,
            objective,
            parameters,
            transforms=transform.standard_transforms if is_fourier else [],
            thresholds=(steps,),
            preprocess=False,
            progress=False,
            show_image=False,
            fixed_image_size=size if is_fourier else None,
        )
    finally:
        hook.remove()
    with torch.no_grad():
        return write(out, shown["images"]().permute(0, 2, 3, 1).numpy())


serve(f"lucent {version('torch-lucent')}", {"prepare": prepare, "maximize": maximize})
