"""One library's training, in a process of its own: `bench.py` starts it and asks.

Every library gets its best plain form for this job: what a user would write who knows
it well. All shuffle before each epoch, take the last, smaller batch along, and know the
loss after each epoch.
"""

import argparse
import json
import os
import sys
import time
import warnings

# One core, and one thread for whoever counts cores in another way.
for pool in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{pool}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["KERAS_BACKEND"] = "jax"  # its fastest on a CPU

import numpy as np

from lopsided.lesson.loss import objective
from lopsided.lesson.network import Network, forward, initialise, sigmoid
from lopsided.lesson.training import run_epoch, train

LAYER_DIMS, BATCH, ALPHA = [8, 40, 3, 1], 200, 0.01


def problem(m=88_421, layer_dims=LAYER_DIMS, dtype="float64"):
    """Draw the report's training job: rows (m, n_0), labels (m,), the first network."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((m, layer_dims[0]), dtype)
    labels = (rng.random(m) < sigmoid(rows[:, 0] - 1.5)).astype(dtype)
    return rows, labels, initialise(layer_dims, rng, dtype=dtype)


class Fixed:
    """In place of a generator: an order that is given, not drawn."""

    def __init__(self, order):
        self.order = order

    def permutation(self, m):
        return self.order


class Lopsided:
    """This project, with one of its engines."""

    def __init__(self, rows, labels, network, batch=BATCH, engine=run_epoch):
        self.X, self.Y, self.network = rows.T, labels[None], network
        self.batch, self.engine = batch, engine
        self.weight = np.ones_like(self.Y)
        self.rng = np.random.default_rng(0)

    def run(self, epochs, order=None):
        train(
            self.network,
            self.X,
            self.Y,
            self.weight,
            self.rng if order is None else Fixed(order),
            epochs=epochs,
            batch_size=self.batch,
            run_epoch=self.engine,
        )

    def parameters(self):
        return [(self.network.W[l], self.network.b[l]) for l in self.network.W]


class LopsidedNumba(Lopsided):
    def __init__(self, *args, **kwargs):
        from lopsided import compiled

        super().__init__(*args, engine=compiled.run_epoch, **kwargs)


class ScikitLearn:
    def __init__(self, rows, labels, network, batch=BATCH):
        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")  # that it has not converged
        self.rows, self.labels = rows, labels.astype(int)
        self.model = MLPClassifier(
            network.layer_dims[1:-1],
            solver="sgd",
            alpha=0,
            momentum=0,
            learning_rate_init=ALPHA,
            batch_size=min(batch, len(rows)),
            n_iter_no_change=10**9,  # do all epochs
            warm_start=True,
        )
        # Its arrays exist from the first call on, and can then be given values.
        self.model.partial_fit(rows[:batch], self.labels[:batch], classes=[0, 1])
        for l, W in network.W.items():
            self.model.coefs_[l - 1][:] = W.T
            self.model.intercepts_[l - 1][:] = network.b[l][:, 0]

    def run(self, epochs, order=None):
        if order is None:
            self.model.set_params(max_iter=epochs).fit(self.rows, self.labels)
        else:
            self.model.set_params(shuffle=False)
            self.model.partial_fit(self.rows[order], self.labels[order])
            self.model.set_params(shuffle=True)

    def parameters(self):
        layers = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [(W.T, b[:, None]) for W, b in layers]


class PyTorch:
    def __init__(self, rows, labels, network, batch=BATCH):
        import torch

        torch.set_num_threads(1)
        self.torch, self.batch = torch, batch
        self.X, self.y = torch.from_numpy(rows), torch.from_numpy(labels)
        layers = []
        for l, W in network.W.items():
            linear = torch.nn.Linear(*reversed(W.shape), dtype=self.X.dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W))
                linear.bias.copy_(torch.from_numpy(network.b[l][:, 0]))
            layers += [linear, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        # torch.compile, where a C++ compiler is at hand, was slower for so small a net.
        self.optimizer = torch.optim.SGD(self.model.parameters(), ALPHA, fused=True)
        self.loss = torch.nn.BCEWithLogitsLoss()

    def run(self, epochs, order=None):
        for _ in range(epochs):
            met = self.torch.randperm(len(self.X)) if order is None else order
            total = self.torch.zeros((), dtype=self.X.dtype)
            for batch in self.torch.as_tensor(met).split(self.batch):
                self.optimizer.zero_grad()
                loss = self.loss(self.model(self.X[batch])[:, 0], self.y[batch])
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(batch)

    def parameters(self):
        with self.torch.no_grad():
            arrays = [p.numpy() for p in self.model.parameters()]
        return [(W, b[:, None]) for W, b in zip(arrays[::2], arrays[1::2], strict=True)]


class Jax:
    """The whole epoch compiled as one scan over the batches."""

    def __init__(self, rows, labels, network, batch=BATCH):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", rows.dtype == np.float64)
        self.jax = jax
        self.X, self.y = jnp.asarray(rows), jnp.asarray(labels)
        self.theta = [
            (jnp.asarray(W.T), jnp.asarray(network.b[l][:, 0]))
            for l, W in network.W.items()
        ]

        def loss(theta, X, y):
            for W, b in theta[:-1]:
                X = jax.nn.relu(X @ W + b)
            W, b = theta[-1]
            z = (X @ W + b)[:, 0]
            return jnp.mean(jax.nn.softplus(z) - y * z)

        @jax.jit
        def epoch(theta, order, X, y):
            def step(theta, batch):
                value, slope = jax.value_and_grad(loss)(theta, X[batch], y[batch])
                theta = jax.tree.map(lambda p, g: p - ALPHA * g, theta, slope)
                return theta, value * len(batch)

            whole = len(order) // batch * batch
            batches = order[:whole].reshape(-1, batch)
            theta, values = jax.lax.scan(step, theta, batches)
            total = values.sum()
            if whole < len(order):
                theta, value = step(theta, order[whole:])
                total += value
            return theta, total / len(order)

        self.epoch = epoch
        self.rng = np.random.default_rng(0)  # shuffles faster than jax.random here

    def run(self, epochs, order=None):
        for _ in range(epochs):
            met = self.rng.permutation(len(self.X)) if order is None else order
            self.theta, loss = self.epoch(
                self.theta, met.astype(np.int32), self.X, self.y
            )
        float(loss)  # waits

    def parameters(self):
        return [(np.asarray(W).T, np.asarray(b)[:, None]) for W, b in self.theta]


class Keras:
    def __init__(self, rows, labels, network, batch=BATCH):
        import jax

        jax.config.update("jax_enable_x64", rows.dtype == np.float64)
        import keras

        keras.config.set_floatx(str(rows.dtype))
        self.rows, self.labels, self.batch = rows, labels, batch
        *hidden, last = network.layer_dims[1:]
        self.model = keras.Sequential(
            [
                keras.Input(rows.shape[1:]),
                *(keras.layers.Dense(n, "relu") for n in hidden),
                keras.layers.Dense(last),
            ]
        )
        self.model.set_weights(
            [array for l, W in network.W.items() for array in (W.T, network.b[l][:, 0])]
        )
        self.model.compile(
            keras.optimizers.SGD(ALPHA),
            keras.losses.BinaryCrossentropy(from_logits=True),
            steps_per_execution=64,
        )

    def run(self, epochs, order=None):
        rows, labels = self.rows, self.labels
        if order is not None:
            rows, labels = rows[order], labels[order]
        self.model.fit(
            rows,
            labels,
            batch_size=self.batch,
            epochs=epochs,
            shuffle=order is None,
            verbose=0,
        )

    def parameters(self):
        arrays = [np.asarray(a) for a in self.model.get_weights()]
        layers = zip(arrays[::2], arrays[1::2], strict=True)
        return [(W.T, b[:, None]) for W, b in layers]


class Arithmetic:
    """No library: an epoch's multiplications and additions, and nothing else.

    As many as the products of all layers hold, forward and backward, in one large
    product of NumPy's BLAS, which is about as fast as this core can multiply. No row is
    gathered, no exponential taken, no weight changed.
    """

    SIZE = 256

    def __init__(self, rows, labels, network, batch=BATCH):
        weights = [W.size for W in network.W.values()]
        # Forward and dW in every layer, dA in all but the first.
        products = len(rows) * (2 * sum(weights) + sum(weights[1:]))
        rng = np.random.default_rng(0)
        self.W = rng.standard_normal((self.SIZE, self.SIZE), rows.dtype)
        columns = products // self.W.size
        self.A = rng.standard_normal((self.SIZE, columns), rows.dtype)
        self.Z = np.empty_like(self.A)

    def run(self, epochs, order=None):
        for _ in range(epochs):
            np.matmul(self.W, self.A, out=self.Z)


LIBRARIES = {
    "lopsided, numpy": Lopsided,
    "lopsided, numba": LopsidedNumba,
    "scikit-learn": ScikitLearn,
    "PyTorch, eager": PyTorch,
    "JAX, jitted scan": Jax,
    "Keras on JAX": Keras,
    "arithmetic alone": Arithmetic,
}


def loss_of(parameters, rows, labels):
    """Compute the loss of exported parameters on all rows, in float64."""
    network = Network(LAYER_DIMS)
    for l, (W, b) in enumerate(parameters, start=1):
        network.W[l][:], network.b[l][:] = W, b
    return objective(forward(network, rows.T).Z[network.L], labels[None])


def main():
    """Answer one request a line: a number of epochs to time, until there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("dtype", choices=["float64", "float32"])
    parser.add_argument("core", type=int)
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {chosen.core})
    answers = os.dup(1)  # nobody else's words may mix with the answers
    os.dup2(2, 1)

    def answer(**content):
        os.write(answers, (json.dumps(content) + "\n").encode())

    # Drawn in float64 whatever the precision: all start from the same numbers.
    rows, labels, network = problem()
    cast = (array.astype(chosen.dtype) for array in (rows, labels))
    start = Network(LAYER_DIMS, network.theta, chosen.dtype)
    began = time.perf_counter()
    library = LIBRARIES[chosen.library](*cast, start)
    library.run(1, np.random.default_rng(1).permutation(len(rows)))
    trained = getattr(library, "parameters", None)
    loss = loss_of(trained(), rows, labels) if trained else None
    library.run(1)
    answer(loss=loss, warm_up=time.perf_counter() - began)
    for line in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        library.run(int(line))
        answer(
            wall=time.perf_counter() - wall,
            processor=time.process_time() - processor,
        )


if __name__ == "__main__":
    main()
