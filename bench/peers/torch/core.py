"""Seconds that the OpenBLAS in use takes for a product of 768x768 matrices, and whose kernels it runs: for the choice of OPENBLAS_CORETYPE."""
import ctypes
import json
import time

import numpy as np

n = 768
library = ctypes.CDLL("libopenblas.so.0")
library.openblas_get_corename.restype = ctypes.c_char_p
a, b, c = (np.full((n, n), 0.5, "f4") for _ in range(3))
pointer = ctypes.POINTER(ctypes.c_float)
operands = [x.ctypes.data_as(pointer) for x in (a, b, c)]
one, zero = ctypes.c_float(1), ctypes.c_float(0)


def multiply():
    start = time.perf_counter()
    library.cblas_sgemm(101, 111, 111, n, n, n, one, operands[0], n, operands[1], n, zero, operands[2], n)
    return time.perf_counter() - start


print(json.dumps(dict(core=library.openblas_get_corename().decode(), seconds=min(multiply() for _ in range(7)))))
