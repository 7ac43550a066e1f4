"""Writes the models that the onnxruntime peer loads: python3 export.py FOLDER"""
import os
import sys

import torch
from torch import nn

from networks import cnn, mlp

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
torch.manual_seed(0)


class Product(nn.Module):
    def forward(self, a, b):
        return a @ b


def export(network, inputs, file, names):
    torch.onnx.export(network.eval(), inputs, os.path.join(folder, file), opset_version=13, input_names=names, output_names=["y"])


export(nn.Sequential(mlp(784, 512, 512, 10), nn.Softmax(-1)), torch.zeros(1, 784), "W3.onnx", ["x"])
export(nn.Sequential(cnn(), nn.Softmax(-1)), torch.zeros(1, 1, 28, 28), "W4.onnx", ["x"])
for m, k, n in [(512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (32, 784, 512)]:
    export(Product(), (torch.zeros(m, k), torch.zeros(k, n)), f"matmul-{m}-{k}-{n}.onnx", ["a", "b"])
