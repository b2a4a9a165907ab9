"""What students write too: right answers of other forms than the solution's."""

#: In place of the solution, by the name of the task.
RIGHT = {
    "neuron": [
        "return sigmoid(np.dot(w, x) + b)",
        "return np.array([1 / (1 + np.exp(-sum(w * x) - b))])",
    ],
    "shapes": [
        """found = {}
for l, (before, n) in enumerate(zip(layer_dims, layer_dims[1:]), 1):
    found |= {f"W{l}": [n, before], f"b{l}": [n, 1], f"Z{l}": [n, m]}
return found""",
    ],
    "safe": [
        """out, up = np.empty_like(z), z >= 0
out[up] = 1 / (1 + np.exp(-z[up]))
out[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
return out""",
        "return np.exp(-np.logaddexp(0, -z))",
        "return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))",
    ],
    "first_loss": [
        """half, share = np.full(Y.shape, 0.5), np.full(Y.shape, Y.mean())
return [binary_cross_entropy(Y, half), binary_cross_entropy(Y, share)]""",
        """p = Y.sum() / Y.size
return np.array([-np.log(0.5), np.mean(-Y * np.log(p) - (1 - Y) * np.log(1 - p))])""",
    ],
    "he": ["return rng.normal(0, (2 / n_in) ** 0.5, (n_out, n_in))"],
    "my_forward": [
        """A, L = X, len(W)
for l in range(1, L):
    A = (W[l] @ A + b[l]).clip(0)
return 1 / (1 + np.exp(-np.dot(W[L], A) - b[L]))""",
        """A = {0: X}
for l in W:
    Z = W[l] @ A[l - 1] + b[l]
    A[l] = Z * (Z > 0)
return safe_sigmoid(Z)""",
    ],
    "dZ": [
        "return w**Y * (Y_hat - Y)",
        "return d_logits(Y, Y_hat, class_weights(Y, 'positive', w))",
    ],
    "relu": [
        "dA[Z <= 0] = 0; return dA",
        "return np.where(Z > 0, dA, 0)",
    ],
    "layer": [
        """m = len(dZ.T)
return [np.dot(dZ, A_before.T) / m, dZ.mean(axis=1).reshape(-1, 1)]""",
    ],
    "transposed": [
        """if n == n_before:
    return "trains wrongly"
if n == 1 or n_before == 1:
    return "broadcasts"
return "raises\"""",
    ],
    "suspects": [
        """mistakes = dict(
    blue="weight on the wrong class", red="forgotten 1/m", green="none"
)""",
    ],
    "my_backward": [
        """done, found, m = forward(network, X), {}, X.shape[1]
dA = None
for l in reversed(network.W):
    if dA is None:
        dZ = d_logits(Y, done.A[l], weight) / m
    else:
        dZ = np.where(done.A[l] > 0, dA, 0)
    found[f"db{l}"] = dZ.sum(axis=1).reshape(-1, 1)
    found[f"dW{l}"] = np.dot(dZ, done.A[l - 1].T)
    dA = network.W[l].T @ dZ
return found""",
    ],
    "batches": [
        "return np.ceil(m / batch_size), m % batch_size or batch_size",
        """starts = range(0, m, batch_size)
return [len(starts), m - starts[-1]]""",
    ],
    "rate": ["return np.linspace(first, last, epochs)[epoch]"],
    "step": [
        """done = forward(network, X)
gradient = backward(network, done, weight * (done.A[network.L] - Y))
network.theta[:] = network.theta - alpha * gradient
return network""",
    ],
    "dead": [
        """Z = forward(network, X).Z
return np.array([np.sum(Z[l].max(axis=1) <= 0) for l in range(1, network.L)])""",
        """A = forward(network, X).A
return tuple(sum(A[l].sum(axis=1) == 0) for l in range(1, network.L))""",
    ],
    "my_train": [
        """m = X.shape[1]
for _ in range(epochs):
    order = rng.permutation(m)
    X, Y, weight = X[:, order], Y[:, order], weight[:, order]
    for start in range(0, m, batch_size):
        batch = slice(start, start + batch_size)
        step(network, X[:, batch], Y[:, batch], weight[:, batch], alpha)""",
        """order = np.arange(X.shape[1])
for _ in range(epochs):
    order = rng.permutation(order)
    for k in range(-(-len(order) // batch_size)):
        batch = order[k * batch_size : (k + 1) * batch_size]
        step(network, X[:, batch], Y[:, batch], weight[:, batch], alpha)""",
        """for _ in range(epochs):
    left = rng.permutation(X.shape[1])
    while left.size:
        batch, left = left[:batch_size], left[batch_size:]
        step(network, X[:, batch], Y[:, batch], weight[:, batch], alpha)""",
    ],
    "by_hand": ["tn, fp, fn, tp = np.array([3, 2, 1, 2])"],
    "cdf": [
        """fp, tp = (1 - share) * (1 - F_0), share * (1 - F_1)
return np.array([tp / share, fp / (1 - share), tp / (tp + fp)])""",
    ],
    "cost": ["return 1 / (1 + miss / alarm)"],
    "recall": [
        "return max(t for t in p if np.mean(p[Y == 1] >= t) >= r)",
        """of_positives = sorted(p[Y == 1])
return of_positives[-int(np.ceil(r * len(of_positives)))] - 1e-9""",
        """order = np.argsort(-p)
return p[order][np.argmax(np.cumsum(Y[order]) / Y.sum() >= r)]""",
    ],
    "law": ["return t / (t + w * (1 - t))"],
    "roc": [
        """at = [np.inf, *np.unique(p)[::-1]]
return np.array([[np.mean(p[Y == y] >= t) for t in at] for y in (0, 1)])""",
        """at = [*sorted(set(p), reverse=True), -1]
return [np.mean(p[Y == 0] > t) for t in at], [np.mean(p[Y == 1] > t) for t in at]""",
    ],
}
