"""Several networks as one."""

from collections.abc import Sequence

from lopsided.lesson.network import Network


def side_by_side(networks: Sequence[Network]) -> Network:
    """Make one network of several: its logit is the mean of theirs.

    Their hidden layers stand side by side, each unit with its own weights and with none
    to the others' units. The output adds up what each of them would have given, divided
    by their number. Without hidden layers that is the mean of their parameters.

    Parameters
    ----------
    networks : sequence of Network
        At least one, all with the same ``layer_dims``.

    Returns
    -------
    Network
        Layers ``[n_0, k n_1, ..., k n_{L-1}, 1]`` for k networks.
    """
    first, k = networks[0], len(networks)
    n_0, *hidden, _ = first.layer_dims
    merged = Network([n_0, *(k * n for n in hidden), 1], dtype=first.theta.dtype)
    for l, W in merged.W.items():
        for i, network in enumerate(networks):
            n_l, n_before = network.W[l].shape
            is_output, is_first = l == merged.L, l == 1
            rows = slice(None) if is_output else slice(i * n_l, (i + 1) * n_l)
            columns = slice(i * n_before, (i + 1) * n_before)
            share = k if is_output else 1
            W[rows, slice(None) if is_first else columns] += network.W[l] / share
            merged.b[l][rows] += network.b[l] / share
    return merged
