"""The workloads' networks, losses and optimizers in PyTorch."""
import torch
import torch.nn.functional as F
from torch import nn


def mlp(*sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i + 2 < len(sizes):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
    )


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 128, batch_first=True)
        self.dense = nn.Linear(128, 10)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet20():
    blocks, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        for i in range(3):
            blocks.append(Residual(channels, outputs, stride if i == 0 else 1))
            channels = outputs
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = {
    "W1": lambda: mlp(10, 20, 30, 1),
    "W2": lambda: nn.Sequential(*mlp(10, 100, 100, 1), nn.Sigmoid()),
    "W3a": lambda: mlp(784, 512, 512, 10),
    "W3b": lambda: mlp(784, 512, 512, 10),
    "W4": cnn,
    "W5": Recurrent,
    "R20": resnet20,
}
LOSSES = {"W1": F.mse_loss, "W2": F.binary_cross_entropy}
IMAGES = ("W4", "R20")


def loss_of(name):
    return LOSSES.get(name, F.cross_entropy)


def optimizer_of(name, parameters, foreach):
    options = {"foreach": True} if foreach else {}
    if name == "W1":
        return torch.optim.SGD(parameters, 0.01, **options)
    if name == "R20":
        return torch.optim.SGD(parameters, 0.01, momentum=0.9, **options)
    return torch.optim.Adam(parameters, 1e-3, **options)
