"""Numbers in files, as TypeScript writes and reads them."""

import numpy


def read(numbers):
    return numpy.fromfile(numbers["file"], dtype=numbers["dtype"]).reshape(numbers["shape"])


def write(file, array):
    array = numpy.ascontiguousarray(array)
    array.tofile(file)
    return {"file": file, "shape": list(array.shape), "dtype": str(array.dtype)}
