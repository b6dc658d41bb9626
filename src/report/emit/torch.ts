/** A plan as a PyTorch function: in place, by the names of `state_dict()`, with torch's own initializers. */

import type { Initializer } from "../../init/types.ts";
import type { Plan } from "../../plan/types.ts";
import { comment, emitGroups, float, groupReason, Helpers, nameList, provenance, quote } from "./common.ts";

const SOURCES = {
  delta_orthogonal_: `def delta_orthogonal_(t, gain):
    """Zero but for an orthogonal matrix at the centre tap (Xiao et al. 2018)."""
    t.zero_()
    matrix = torch.empty(t.shape[0], t.shape[1])
    nn.init.orthogonal_(matrix, gain)
    t[(slice(None), slice(None)) + tuple(k // 2 for k in t.shape[2:])] = matrix`,
  identity_: `def identity_(t, gain):
    """Ones on the diagonal of axes 0 and 1, at the centre tap of a kernel."""
    t.zero_()
    diagonal = torch.arange(min(t.shape[0], t.shape[1]))
    t[(diagonal, diagonal) + tuple(k // 2 for k in t.shape[2:])] = gain`,
  nguyen_widrow_: `def nguyen_widrow_(t, beta):
    """Rows of random direction and length beta (Nguyen & Widrow 1990)."""
    t.uniform_(-1.0, 1.0)
    rows = t.flatten(1)
    rows.mul_(beta / rows.norm(dim=1, keepdim=True))`,
  bilinear_: `def bilinear_(t):
    """Bilinear upsampling of each channel (Long et al. 2015)."""
    t.zero_()
    taps = torch.ones(())
    for k in t.shape[2:]:
        factor = (k + 1) // 2
        centre = factor - 1.0 if k % 2 == 1 else factor - 0.5
        tap = 1.0 - (torch.arange(k) - centre).abs() / factor
        taps = taps.unsqueeze(-1) * tap
    for i in range(t.shape[0]):
        t[i, i % t.shape[1]] = taps`,
  sinusoidal_: `def sinusoidal_(t, std):
    """Row i is a sine of frequency i and phase i, scaled to std (Fernandez-Hernandez et al. 2025)."""
    rows, columns = t.shape[0], t[0].numel()
    i = torch.arange(1, rows + 1, dtype=torch.float64).unsqueeze(1)
    j = torch.arange(columns, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * i * (j / columns + 1 / rows))
    t.copy_((wave * (std / wave.std())).view(t.shape))`,
  centre_rows_: `def centre_rows_(t):
    """The weights into each unit sum to zero."""
    t.sub_(t.mean(dim=tuple(range(1, t.dim())), keepdim=True))`,
};

/**
 * Python source of one function `initialize(module, seed=0)`. Executed by the tests against the plan.
 *
 * @example emitTorch(plan) // "import math\nimport torch\n…"
 */
export function emitTorch(plan: Plan): string {
  const helpers = new Helpers(SOURCES);
  const { drawn, kept } = emitGroups(plan);
  const body: string[] = [];
  for (const group of drawn) {
    const names = group.tensors.map((tensor) => tensor.name);
    body.push("", ...comment(groupReason(group), { mark: "#", indent: "    " }));
    if (names.length === 1) {
      body.push(...statements(group.initializer, `p[${quote(names[0] ?? "")}]`, helpers, "    "));
    } else {
      body.push("    for name in (", ...nameList(names, "        "), "    ):");
      body.push(...statements(group.initializer, "p[name]", helpers, "        "));
    }
  }
  if (kept.length > 0) {
    body.push(
      "",
      ...comment(`Kept as they are: ${kept.map((tensor) => tensor.name).join(", ")}.`, { mark: "#", indent: "    " }),
    );
  }
  const usesMath = helpers.sources().some((source) => source.includes("math."));
  return [
    ...comment(provenance(plan), { mark: "#" }),
    ...(usesMath ? ["import math", ""] : []),
    "import torch",
    "from torch import nn",
    ...helpers.sources().flatMap((source) => ["", "", source]),
    "",
    "",
    "@torch.no_grad()",
    "def initialize(module: nn.Module, seed: int = 0) -> nn.Module:",
    '    """Draws the parameters of `module` in place, by name; a missing name is a KeyError."""',
    "    torch.manual_seed(seed)",
    "    p = module.state_dict(keep_vars=True)",
    ...body,
    "    return module",
    "",
  ].join("\n");
}

function statements(
  initializer: Initializer,
  t: string,
  helpers: Helpers<keyof typeof SOURCES>,
  indent: string,
): string[] {
  const one = (line: string) => [indent + line];
  const centred = (line: string, rowCentred: boolean | undefined) =>
    rowCentred ? [indent + line, `${indent}${helpers.use("centre_rows_")}(${t})`] : [indent + line];
  switch (initializer.kind) {
    case "zeros":
      return one(`${t}.zero_()`);
    case "ones":
      return one(`${t}.fill_(1.0)`);
    case "constant":
      return one(`${t}.fill_(${float(initializer.value)})`);
    case "uniform":
      return centred(`${t}.uniform_(${float(initializer.low)}, ${float(initializer.high)})`, initializer.rowCentred);
    case "normal":
      return centred(`${t}.normal_(${float(initializer.mean)}, ${float(initializer.std)})`, initializer.rowCentred);
    case "truncated-normal": {
      const { mean, std, low, high, rowCentred } = initializer;
      const bounds = `a=${float(low)}, b=${float(high)}`;
      return centred(`nn.init.trunc_normal_(${t}, ${float(mean)}, ${float(std)}, ${bounds})`, rowCentred);
    }
    case "orthogonal": {
      const { gain, blocks = 1 } = initializer;
      if (blocks === 1) return one(`nn.init.orthogonal_(${t}, ${float(gain)})`);
      return [
        `${indent}for block in ${t}.chunk(${blocks}):`,
        `${indent}    nn.init.orthogonal_(block, ${float(gain)})`,
      ];
    }
    case "delta-orthogonal":
      return one(`${helpers.use("delta_orthogonal_")}(${t}, ${float(initializer.gain)})`);
    case "identity":
      return one(`${helpers.use("identity_")}(${t}, ${float(initializer.gain)})`);
    case "dirac":
      return one(`nn.init.dirac_(${t}, groups=${initializer.groups})`);
    case "sparse":
      return one(`nn.init.sparse_(${t}, ${float(initializer.sparsity)}, ${float(initializer.std)})`);
    case "nguyen-widrow":
      return one(`${helpers.use("nguyen_widrow_")}(${t}, ${float(initializer.beta)})`);
    case "bilinear":
      return one(`${helpers.use("bilinear_")}(${t})`);
    case "sinusoidal":
      return one(`${helpers.use("sinusoidal_")}(${t}, ${float(initializer.std)})`);
    case "blocks": {
      let start = 0;
      return initializer.parts.flatMap((part) => {
        const slice = `${t}[${start}:${start + part.size}]`;
        start += part.size;
        return statements(part.initializer, slice, helpers, indent);
      });
    }
    case "file":
      return [];
  }
}
