"""Loads drawn weights strictly into the modules they are for, runs them, and says what every layer put out.

argv: folder of modules.py. stdin: JSON [{module, input, files}]. stdout: JSON, per entry either a text that says what went
wrong or {missing, extra, shapes, std, layers}: `layers` maps a weight's name to a list, one row a call of its module, each
the mean square of the output in every draw.
"""

import functools
import json
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import torch
from torch import nn

import modules

# The tests run two files at a time: threads that wait for each other would take the other's core.
torch.set_num_threads(1)

ACTIVATIONS = {
    "elu": nn.ELU, "hardswish": nn.Hardswish, "leakyrelu": functools.partial(nn.LeakyReLU, 0.1), "mish": nn.Mish,
    "prelu": nn.PReLU, "selu": nn.SELU, "silu": nn.SiLU, "softplus": nn.Softplus,
}
KINDS = {"F32": torch.float32, "I64": torch.int64, "BOOL": torch.bool}
LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.Embedding)


def folded(net):
    """The network after its batch normalizations were folded into the convolutions before them."""
    parts = net.features
    for i in range(len(parts) - 1):
        if isinstance(parts[i + 1], nn.BatchNorm2d):
            old = parts[i]
            parts[i] = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding)
            parts[i + 1] = nn.Identity()
    return net


def read(path):
    raw = bytearray(open(path, "rb").read())
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:start])
    head.pop("__metadata__")
    state = {}
    for name, info in head.items():
        kind, (low, high) = KINDS[info["dtype"]], info["data_offsets"]
        count = (high - low) // torch.empty(0, dtype=kind).element_size()
        state[name] = torch.frombuffer(raw, dtype=kind, count=count, offset=start + low).reshape(info["shape"])
    return state


def mean_square(values):
    return torch.linalg.vector_norm(values, dtype=torch.float64).item() ** 2 / values.numel()


def watch(net, record):
    for name, module in net.named_modules():
        if isinstance(module, LAYERS):
            module.register_forward_hook(lambda _m, _x, y, n=name: record(f"{n}.weight", mean_square(y)))
        elif isinstance(module, nn.RNNBase):
            module.register_forward_hook(lambda m, x, y, n=name: recurrent(m, x[0], y[0], n, record))


def recurrent(module, x, y, name, record):
    """nn.LSTM and nn.GRU show their last layer only: those before it run once more, layer by layer."""
    for layer in range(module.num_layers - 1):
        one = type(module)(x.shape[-1], module.hidden_size, batch_first=module.batch_first)
        end = f"_l{layer}"
        own = {k[: -len(end)] + "_l0": v for k, v in module.state_dict().items() if k.endswith(end)}
        one.load_state_dict(own, strict=True)
        x, _ = one(x)
        record(f"{name}.weight_ih{end}", mean_square(x))
    record(f"{name}.weight_ih_l{module.num_layers - 1}", mean_square(y))


def measure(module, given, files):
    net = eval(module, {**vars(modules), **ACTIVATIONS, "folded": folded})
    net.train()
    own = net.state_dict()
    rows, calls, result = {}, {}, {}

    def record(weight, value):
        call = calls[weight] = calls.get(weight, -1) + 1
        lists = rows.setdefault(weight, [])
        if len(lists) == call:
            lists.append([])
        lists[call].append(value)

    watch(net, record)
    for draw, path in enumerate(files):
        state = read(path)
        missing = sorted(set(own) - set(state))
        result["missing"], result["extra"] = missing, sorted(set(state) - set(own))
        result["shapes"] = [k for k in state if k in own and (state[k].shape, state[k].dtype) != (own[k].shape, own[k].dtype)]
        # What the file cannot hold keeps the module's own buffers; a missing parameter is an error.
        buffers = dict(net.named_buffers())
        net.load_state_dict({**state, **{k: buffers[k] for k in missing if k in buffers}}, strict=True)
        weight = max(((k, p) for k, p in net.named_parameters() if p.dim() > 1), key=lambda entry: entry[1].numel())
        result["std"] = [weight[0], weight[1].double().std(unbiased=False).item(), weight[1].numel()]
        torch.manual_seed(draw)
        shape = [64, *given["shape"][1:]]
        x = torch.randn(shape) if "vocab" not in given else torch.randint(given["vocab"], shape)
        calls.clear()
        net(x)
    return {**result, "layers": rows}


results = []
with torch.no_grad():
    for entry in json.load(sys.stdin):
        try:
            results.append(measure(entry["module"], entry["input"], entry["files"]))
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}".replace("\n", " "))
print(json.dumps(results))
