"""Writes test/golden/training-trajectory.json: twenty updates of PyTorch from given weights on given batches.

python3 scripts/training-trajectory.py   (needs torch; the file was made with 1.13.1)

Before batch normalization stands no bias: its gradient is 0, and Adam turns the rounding of a 0 into a step of any sign.
Weights and inputs are the golden-ratio sequence (the tests' `filled`), so that both sides compute them by themselves.
"""
import json
import math

import torch
from torch import nn

STEPS, BATCH = 20, 8


def filled(shape, start, scale):
    golden = 0.6180339887498949
    values = [scale * (2 * math.fmod((start + i + 1) * golden, 1) - 1) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).float().reshape(shape)


MODELS = {
    "mlp": {
        "line": "6 > 8 tanh > 7 relu > 4 softmax",
        "input": [6],
        "classes": 4,
        "build": lambda: nn.Sequential(
            nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 4)
        ),
    },
    "conv": {
        "line": "2x6x6 > conv 5 3x3 pad 1 nobias batchnorm relu > maxpool 2 > conv 6 2x2 gelu > flatten > 3",
        "input": [2, 6, 6],
        "classes": 3,
        "build": lambda: nn.Sequential(
            nn.Conv2d(2, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(5, 6, 2), nn.GELU(), nn.Flatten(), nn.Linear(24, 3),
        ),
    },
}
OPTIMIZERS = {
    "sgd": (
        {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9},
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    ),
    "adam": (
        {"kind": "adam", "learningRate": 0.01},
        lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    ),
}
LOSSES = ["cross-entropy", "squared-error"]


def trajectory(model, optimizer, loss):
    spec = MODELS[model]
    net = spec["build"]().train()
    start = 0
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(filled(parameter.shape, start, 0.5))
            start += parameter.numel()
    update = OPTIMIZERS[optimizer][1](net.parameters())
    losses = []
    for step in range(STEPS):
        x = filled([BATCH, *spec["input"]], 1000 * step, 1.0)
        y = torch.tensor([(3 * step + 2 * i) % spec["classes"] for i in range(BATCH)])
        out = net(x)
        if loss == "cross-entropy":
            value = nn.functional.cross_entropy(out, y)
        else:
            value = nn.functional.mse_loss(out, nn.functional.one_hot(y, spec["classes"]).float())
        update.zero_grad()
        value.backward()
        update.step()
        losses.append(value.item())
    return {
        "line": spec["line"] if loss == "cross-entropy" else spec["line"].replace(" softmax", ""),
        "classes": spec["classes"],
        "loss": loss,
        "optimizer": OPTIMIZERS[optimizer][0],
        "losses": losses,
        "weights": [parameter.detach().reshape(-1).tolist() for parameter in net.parameters()],
        "statistics": [buffer.tolist() for name, buffer in net.named_buffers() if "running" in name],
        "scored": score(net, spec, loss),
    }


def score(net, spec, loss):
    """The loss on other rows, evaluated with running statistics."""
    net.eval()
    x = filled([BATCH, *spec["input"]], 77777, 1.0)
    y = torch.tensor([i % spec["classes"] for i in range(BATCH)])
    with torch.no_grad():
        out = net(x)
        if loss == "cross-entropy":
            return nn.functional.cross_entropy(out, y).item()
        return nn.functional.mse_loss(out, nn.functional.one_hot(y, spec["classes"]).float()).item()


runs = [trajectory(m, o, loss) for m in MODELS for o in OPTIMIZERS for loss in LOSSES]
with open("test/golden/training-trajectory.json", "w") as file:
    json.dump({"torch": torch.__version__, "steps": STEPS, "batch": BATCH, "runs": runs}, file)
