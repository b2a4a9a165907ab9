"""Train with PyTorch and scikit-learn, and store what they computed.

Writes ``reference.json`` beside this file. ``tests/test_reference.py`` compares the
network of this project with it, so the test suite needs no PyTorch. To make it anew,
in an environment of its own::

    python -m venv reference-env
    reference-env/bin/pip install torch==2.13.0 scikit-learn
    reference-env/bin/python tests/reference/make_reference.py

From the same first weights, each library does one training step on the whole table
(``step``) and one epoch in batches, rows in the order given (``epoch``).

- PyTorch: ``BCEWithLogitsLoss``, the mean over the batch, with ``pos_weight=w``
  (weighting "positive") or ``weight=w`` (weighting "uniform"); ``optim.SGD``; double.
- scikit-learn: ``MLPClassifier`` with plain SGD. It divides a batch's gradient by the
  sum of its sample weights, not by the number of rows m, so its learning rate is
  multiplied by that batch's sum(weights) / m.

This file does not import lopsided: the numbers are independent of what they check.
"""

import json
import platform
from itertools import pairwise
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.neural_network import MLPClassifier

M = 20  # rows
BATCH_SIZE = 7  # 7 + 7 + 6: the last batch is smaller
ALPHA = 0.5  # large, so that the comparison is of more than the first weights
NETWORKS = [[8, 40, 3, 1], [4, 3, 3, 1], [5, 1], [3, 7, 5, 2, 1]]
WEIGHTINGS = [("uniform", 1.0), ("uniform", 3.952), ("positive", 3.952)]


def inputs(layer_dims, rng):
    """Draw rows, labels and first weights, rounded so that they are short in JSON."""
    X = rng.standard_normal((layer_dims[0], M)).round(3)
    Y = (rng.random((1, M)) < 0.4).astype(float)
    W = [
        (rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)).round(4)
        for n_in, n_out in pairwise(layer_dims)
    ]
    b = [(0.3 * rng.standard_normal((n, 1))).round(4) for n in layer_dims[1:]]
    return X, Y, W, b


def hidden_signal(X, W, b):
    """List what reaches each hidden layer, to see that none is dead."""
    Z = []
    A = X
    for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
        Z.append(W_l @ A + b_l)
        A = np.maximum(Z[-1], 0)
    return Z


def with_torch(X, Y, W, b, weighting, w, batch_size):
    """Do one epoch in PyTorch; return the weights and biases after it."""
    layers = []
    for W_l, b_l in zip(W, b, strict=True):
        layer = torch.nn.Linear(W_l.shape[1], W_l.shape[0], dtype=torch.float64)
        with torch.no_grad():
            layer.weight[:] = torch.from_numpy(W_l)
            layer.bias[:] = torch.from_numpy(b_l[:, 0])
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    w = torch.tensor([w], dtype=torch.float64)
    name = {"positive": "pos_weight", "uniform": "weight"}[weighting]
    loss = torch.nn.BCEWithLogitsLoss(**{name: w})
    optimizer = torch.optim.SGD(model.parameters(), lr=ALPHA)
    rows, labels = torch.from_numpy(X.T.copy()), torch.from_numpy(Y.T.copy())
    for start in range(0, M, batch_size):
        batch = slice(start, start + batch_size)
        optimizer.zero_grad()
        loss(model(rows[batch]), labels[batch]).backward()
        optimizer.step()
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    return (
        [layer.weight.detach().numpy() for layer in linear],
        [layer.bias.detach().numpy()[:, None] for layer in linear],
    )


class StartingFrom(MLPClassifier):
    """An MLPClassifier that starts from given weights."""

    def _init_coef(self, fan_in, fan_out, dtype):
        W, b = self.first.pop(0)
        assert W.shape == (fan_out, fan_in)
        assert dtype == np.float64
        return W.T.copy(), b[:, 0].copy()


def with_sklearn(X, Y, W, b, weighting, w, batch_size):
    """Do one epoch in scikit-learn; return the weights and biases after it."""
    sample_weight = np.full(M, w) if weighting == "uniform" else np.where(Y[0], w, 1.0)
    for start in range(0, M, batch_size):
        batch = slice(start, start + batch_size)
        model = StartingFrom(
            hidden_layer_sizes=[len(b_l) for b_l in b[:-1]],
            activation="relu",
            solver="sgd",
            alpha=0.0,
            batch_size=len(Y[0, batch]),
            learning_rate="constant",
            learning_rate_init=ALPHA * sample_weight[batch].mean(),
            shuffle=False,
            momentum=0.0,
            nesterovs_momentum=False,
        )
        model.first = list(zip(W, b, strict=True))
        # Without weights, scikit-learn takes another way through its code: use both.
        weights = None if w == 1 else sample_weight[batch]
        model.partial_fit(X[:, batch].T, Y[0, batch].astype(int), weights, [0, 1])
        W = [coef.T for coef in model.coefs_]
        b = [intercept[:, None] for intercept in model.intercepts_]
    return W, b


def as_lists(W, b):
    """Make nested lists, which JSON stores with all 17 digits."""
    return {"W": [W_l.tolist() for W_l in W], "b": [b_l.tolist() for b_l in b]}


def main():
    """Compute every case and write ``reference.json``."""
    rng = np.random.default_rng(2025)
    networks = []
    for layer_dims in NETWORKS:
        X, Y, W, b = inputs(layer_dims, rng)
        while any(
            abs(Z).min() < 1e-6 or (Z > 0).sum() < M / 2 for Z in hidden_signal(X, W, b)
        ):
            X, Y, W, b = inputs(layer_dims, rng)
        results = []
        for weighting, w in WEIGHTINGS:
            case = (X, Y, W, b, weighting, w)
            for library, run in (("torch", with_torch), ("scikit-learn", with_sklearn)):
                results.append(
                    {
                        "library": library,
                        "weighting": weighting,
                        "w": w,
                        "step": as_lists(*run(*case, M)),
                        "epoch": as_lists(*run(*case, BATCH_SIZE)),
                    }
                )
        networks.append(
            {
                "layer_dims": layer_dims,
                "X": X.tolist(),
                "Y": Y.tolist(),
                "first": as_lists(W, b),
                "results": results,
            }
        )
    reference = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "alpha": ALPHA,
        "batch_size": BATCH_SIZE,
        "networks": networks,
    }
    path = Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(reference) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
