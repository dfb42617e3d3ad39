"""Network dissection as NetDissect does it, in numpy and PyTorch: all units of an image at once.

Activations are kept from the first phase to the second, as there. The threshold is the exact quantile, not that of a sketch.
"""

import csv
import time
from pathlib import Path

import numpy
import torch
from exchange import read
from network import Network
from PIL import Image
from serve import serve

subject = {}


def prepare(network, logits, layer, broden):
    subject.update(network=Network(network, layer).eval(), layer=layer, broden=Path(broden))
    with open(Path(broden, "index.csv")) as lines:
        subject["index"] = list(csv.DictReader(lines))
    with open(Path(broden, "label.csv")) as lines:
        labels = list(csv.DictReader(lines))
    with open(Path(broden, "category.csv")) as lines:
        categories = [row["name"] for row in csv.DictReader(lines)]
    # Of each label number, the place of its primary category: the first of `color(903);object(12)`.
    subject["categories"] = categories
    primary = numpy.full(1 + max(int(row["number"]) for row in labels), -1)
    for row in labels:
        primary[int(row["number"])] = categories.index(row["category"].split(";")[0].split("(")[0])
    subject["primary"] = primary


def labels_of(row):
    """Label maps [m, h, w] of the pixels, and numbers that hold for the image."""
    maps, whole = [], []
    for category in subject["categories"]:
        for cell in filter(None, row[category].split(";")):
            if cell.isdigit():
                whole.append(int(cell))
            else:
                channels = numpy.asarray(Image.open(subject["broden"] / "images" / cell), dtype=numpy.int32)
                maps.append(channels[..., 0] + 256 * channels[..., 1])
    return maps, whole


def bilinear(size, wanted):
    """TensorFlow's resizeBilinear along one side: [wanted, size]."""
    places = numpy.arange(wanted) * (size / wanted)
    return between(places, size)


def anchored(size, field, reduction, wanted):
    """A map's positions stand at the centers of what they see, in labels: [wanted, size]."""
    start = (field["size"] // 2 + field["offset"]) // reduction
    pitch = field["stride"] // reduction
    return between(numpy.clip((numpy.arange(wanted) - start) / pitch, 0, size - 1), size)


def between(places, size):
    matrix = numpy.zeros((len(places), size), dtype=numpy.float32)
    before = numpy.minimum(numpy.floor(places).astype(int), size - 1)
    after = numpy.minimum(before + 1, size - 1)
    rows = numpy.arange(len(places))
    matrix[rows, before] += 1 - (places - before)
    matrix[rows, after] += places - before
    return torch.from_numpy(matrix)


def photos_of(rows):
    files = [subject["broden"] / "images" / row["image"] for row in rows]
    return numpy.stack([numpy.asarray(Image.open(file).convert("RGB")) for file in files])


@torch.no_grad()
def activations_of(rows, size, batch, pixels=None):
    matrix, maps = None, []
    for start in range(0, len(rows), batch):
        photos = photos_of(rows[start : start + batch]) if pixels is None else pixels[start : start + batch]
        images = torch.from_numpy(photos).permute(0, 3, 1, 2).float()
        if matrix is None:
            matrix = bilinear(images.shape[2], size)
        maps.append(subject["network"](matrix @ images @ matrix.T / 255).numpy())
    return numpy.concatenate(maps)


def dissect(count, quantile, field, size, pixels=None):
    rows = subject["index"][:count]
    height, width = int(rows[0]["sh"]), int(rows[0]["sw"])
    reduction = round(size / width)
    clock, processor = time.perf_counter(), time.process_time()
    maps = activations_of(rows, size, 8, None if pixels is None else read(pixels))
    forward = {"seconds": time.perf_counter() - clock, "processorSeconds": time.process_time() - processor}
    units = maps.shape[1]
    thresholds = numpy.quantile(maps.transpose(1, 0, 2, 3).reshape(units, -1), quantile, axis=1).astype(numpy.float32)

    down = anchored(maps.shape[2], field, reduction, height)
    across = anchored(maps.shape[3], field, reduction, width).T
    primary, labels = subject["primary"], len(subject["primary"])
    truth = numpy.zeros(labels, dtype=numpy.int64)
    intersections = numpy.zeros((units, labels), dtype=numpy.int64)
    # Pixels of a unit in those images that are labeled for a category.
    areas = numpy.zeros((units, len(subject["categories"])), dtype=numpy.int64)
    for row, activations in zip(rows, maps):
        ours, whole = labels_of(row)
        firing = numpy.flatnonzero(activations.max((1, 2)) > thresholds)
        enlarged = (down @ torch.from_numpy(activations[firing]) @ across).numpy()
        masks = (enlarged > thresholds[firing, None, None]).reshape(len(firing), height * width)
        area = masks.sum(1)
        unit, pixel = numpy.nonzero(masks)
        present = set()
        for label_map in ours:
            numbers = label_map.reshape(-1)
            counts = numpy.bincount(numbers, minlength=labels)
            counts[0] = 0
            truth += counts
            present.update(primary[counts > 0])
            pairs = numpy.bincount(unit * labels + numbers[pixel], minlength=len(firing) * labels)
            intersections[firing] += pairs.reshape(len(firing), labels)
        for number in whole:
            truth[number] += height * width
            present.add(primary[number])
            intersections[firing, number] += area
        for category in present:
            areas[firing, category] += area
    intersections[:, 0] = 0
    known = numpy.flatnonzero(truth)
    ious = numpy.zeros((units, labels))
    ious[:, known] = intersections[:, known] / (areas[:, primary[known]] + truth[known] - intersections[:, known] + 1e-20)
    best = ious.argmax(1)
    return {"best": best.tolist(), "ious": ious.max(1).tolist(), "thresholds": thresholds.tolist(), "forward": forward}


serve(f"numpy {numpy.__version__} and PyTorch {torch.__version__}", {"prepare": prepare, "dissect": dissect})
