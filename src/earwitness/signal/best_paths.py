"""The best path through a table of gains, moving little."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def best_paths(gains: npt.NDArray[np.float32], *, moves: float) -> npt.NDArray[np.int64]:
    """The path through each table of gains that gains most, moving little (Viterbi's algorithm).

    Parameters
    ----------
    gains : np.ndarray [shape=(tables, steps, states)]
    moves : float
        Standard deviation of a move, in states; at most four of them are made in a step.

    Returns
    -------
    np.ndarray [shape=(tables, steps)]
        States.
    """
    tables, steps, states = gains.shape
    reach = max(1, min(int(np.ceil(4 * moves)), 30))
    costs = 0.5 * (np.arange(-reach, reach + 1) / moves) ** 2
    came = np.zeros((steps, tables, states), dtype=np.int8)
    value = gains[:, 0].astype(np.float64)
    padded = np.full((tables, states + 2 * reach), -np.inf)
    for step in range(1, steps):
        padded[:, reach : reach + states] = value
        best, from_where = np.full_like(value, -np.inf), came[step]
        for index, cost in enumerate(costs):
            reached = padded[:, index : index + states] - cost
            better = reached > best
            best = np.where(better, reached, best)
            from_where[better] = index - reach
        value = best + gains[:, step]
    paths = np.empty((tables, steps), dtype=np.int64)
    paths[:, -1] = value.argmax(axis=1)
    for step in range(steps - 1, 0, -1):
        here = paths[:, step]
        paths[:, step - 1] = here + came[step, np.arange(tables), here]
    return paths
