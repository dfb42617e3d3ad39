"""A network that TypeScript exported, in PyTorch: the layers of a LayersModel one after another, channels first."""

import json
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F


def padding_of(size, window, stride):
    """What TensorFlow calls "same": what is odd goes to the end."""
    total = max(0, (-(-size // stride) - 1) * stride + window - size)
    return total // 2, total - total // 2


class Network(torch.nn.Module):
    """From images [n, c, h, w] in [0, 1] to what the layer `until` gives."""

    def __init__(self, folder, until):
        super().__init__()
        description = json.loads(Path(folder, "network.json").read_text())
        values = numpy.fromfile(Path(folder, "network.bin"), dtype=numpy.float32)
        names = [layer["name"] for layer in description["layers"]]
        self.scale = description["scale"]
        self.mean = torch.tensor(description["mean"], dtype=torch.float32)[:, None, None]
        self.is_plain = self.scale == 1 and not self.mean.any()
        self.layers = description["layers"][: names.index(until) + 1]
        for layer in self.layers:
            layer["module"] = self.module_of(layer, values)
            if layer["module"] is not None:
                self.add_module(layer["name"], layer["module"])

    def module_of(self, layer, values):
        weights = []
        for weight in layer["weights"]:
            size = int(numpy.prod(weight["shape"]))
            weights.append(torch.from_numpy(values[weight["offset"] : weight["offset"] + size].copy()).reshape(weight["shape"]))
        if layer["kind"] == "Conv2D":
            kernel, bias = weights
            height, width, inputs, outputs = kernel.shape
            module = torch.nn.Conv2d(inputs, outputs, (height, width), stride=layer["strides"])
            module.weight.data = kernel.permute(3, 2, 0, 1).contiguous()
        elif layer["kind"] == "Dense":
            kernel, bias = weights
            module = torch.nn.Linear(*kernel.shape)
            module.weight.data = kernel.T.contiguous()
        else:
            return None
        module.bias.data = bias
        return module

    def forward(self, images):
        outputs = {}
        pixels = images if self.is_plain else images * self.scale - self.mean
        for layer in self.layers:
            inputs = [outputs[name] for name in layer["inputs"]] or [pixels]
            outputs[layer["name"]] = activate(layer, compute(layer, inputs))
        return outputs[self.layers[-1]["name"]]


def compute(layer, inputs):
    kind, first = layer["kind"], inputs[0]
    if kind == "Conv2D":
        return layer["module"](pad(layer, first, 0))
    if kind == "MaxPooling2D":
        return F.max_pool2d(pad(layer, first, -torch.inf), layer["window"], layer["strides"])
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = layer["borders"]
        return F.pad(first, (left, right, top, bottom))
    if kind == "Concatenate":
        return torch.cat(inputs, 1)
    if kind == "GlobalAveragePooling2D":
        return first.mean((2, 3))
    if kind == "Flatten":
        # Rows, columns, channels: the order of the weights that follow.
        return first.permute(0, 2, 3, 1).flatten(1)
    if kind == "Dense":
        return layer["module"](first)
    if kind in ("InputLayer", "Dropout", "Activation"):
        return first
    raise NotImplementedError(kind)


def pad(layer, images, value):
    if layer["padding"] != "same":
        return images
    vertical, horizontal = (
        padding_of(size, window, stride)
        for size, window, stride in zip(images.shape[2:], layer["window"], layer["strides"])
    )
    return F.pad(images, (*horizontal, *vertical), value=value) if any((*vertical, *horizontal)) else images


def activate(layer, values):
    activation = layer["activation"]
    if activation in (None, "linear"):
        return values
    return {"relu": F.relu}[activation](values)
