"""Single operations of PyTorch, channels first as it likes them, on numbers that come and go channels last."""

import torch
import torch.nn.functional as F
from exchange import read, write
from network import padding_of
from serve import serve

subject = {}


def prepare(name, options, inputs):
    values = [torch.from_numpy(read(numbers)) for numbers in inputs]
    subject["work"], subject["back"] = kernels[name](*values, **options)


def first(images):
    return images.permute(0, 3, 1, 2).contiguous()


def last(images):
    return images.permute(0, 2, 3, 1)


def padding(height, width, rows, columns, stride):
    sides = padding_of(height, rows, stride), padding_of(width, columns, stride)
    assert all(before == after for before, after in sides), "PyTorch pads both sides alike"
    return [before for before, _ in sides]


def conv(images, weights, stride):
    rows, columns = weights.shape[:2]
    border = padding(*images.shape[1:3], rows, columns, stride)
    images, weights = first(images), weights.permute(3, 2, 0, 1).contiguous()
    return lambda: F.conv2d(images, weights, stride=stride, padding=border), last


def conv_input(slopes, weights, stride, images):
    count, height, width, channels = images
    border = padding(height, width, *weights.shape[:2], stride)
    slopes, weights = first(slopes), weights.permute(3, 2, 0, 1).contiguous()
    shape = (count, channels, height, width)
    return lambda: torch.nn.grad.conv2d_input(shape, weights, slopes, stride=stride, padding=border), last


def conv_filter(images, slopes, stride, filter):
    rows, columns, inputs, outputs = filter
    border = padding(*images.shape[1:3], rows, columns, stride)
    images, slopes = first(images), first(slopes)
    shape = (outputs, inputs, rows, columns)
    run = lambda: torch.nn.grad.conv2d_weight(images, shape, slopes, stride=stride, padding=border)
    return run, lambda weights: weights.permute(2, 3, 1, 0)


def depthwise(images, weights):
    images, weights = first(images), weights.permute(2, 3, 0, 1).contiguous()
    return lambda: F.conv2d(images, weights, padding=1, groups=images.shape[1]), last


def max_pool(images, window):
    images = first(images)
    return lambda: F.max_pool2d(images, window), last


def max_pool_gradient(images, slopes, window):
    images, slopes = first(images).requires_grad_(), first(slopes)
    return lambda: torch.autograd.grad(F.max_pool2d(images, window), images, slopes)[0], last


def batch_norm(images, mean, offset, scale):
    images = first(images)
    return lambda: F.batch_norm(images, mean, torch.ones_like(mean), scale, offset, eps=0), last


def as_it_is(values):
    return values


kernels = {
    "conv": conv,
    "convInput": conv_input,
    "convFilter": conv_filter,
    "depthwise": depthwise,
    "batchNorm": batch_norm,
    "maxPool": max_pool,
    "maxPoolGradient": max_pool_gradient,
    "matmul": lambda a, b: (lambda: a @ b, as_it_is),
    "matmulTransposed": lambda a, b: (lambda: a @ b.T, as_it_is),
    "relu": lambda values: (lambda: F.relu(values), as_it_is),
    "add": lambda a, b: (lambda: a + b, as_it_is),
}


def run(times):
    for _ in range(times):
        subject["result"] = subject["work"]()


def result(out):
    return write(out, subject["back"](subject["result"]).numpy())


serve(f"PyTorch {torch.__version__}", {"prepare": prepare, "run": run, "result": result})
