"""A Gaussian mixture that describes everybody's speech, and what one voice's statistics are under it.

Conventions: features are float32 [shape=(frames, dimensions)]; covariances are diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from earwitness.voices.mel import Floats

_VARIANCE_FLOOR: Final = 0.05  # features are warped to variance one
_BLOCK: Final = 16_384


@dataclass(frozen=True, slots=True)
class Mixture:
    """A diagonal Gaussian mixture.

    Attributes
    ----------
    weights : np.ndarray [shape=(components,)]
    means, variances : np.ndarray [shape=(components, dimensions)]
    """

    weights: Floats
    means: Floats
    variances: Floats

    def posteriors(self, features: Floats) -> Floats:
        """How probably each frame is each component's [shape=(frames, components)]."""
        precision = 1.0 / self.variances
        constant = np.log(self.weights) + 0.5 * (
            np.log(precision).sum(axis=1) - (self.means**2 * precision).sum(axis=1)
        )
        logs = features @ (self.means * precision).T - 0.5 * (features**2) @ precision.T + constant
        logs -= logs.max(axis=1, keepdims=True)
        np.exp(logs, out=logs)
        logs /= logs.sum(axis=1, keepdims=True)
        return np.asarray(logs, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much of some speech fell to each component, and its sum.

    Attributes
    ----------
    count : np.ndarray [shape=(components,)]
    total : np.ndarray [shape=(components, dimensions)]
    """

    count: Floats
    total: Floats


def statistics(mixture: Mixture, features: Floats) -> Statistics:
    """The Baum-Welch statistics of zeroth and first order."""
    count = np.zeros(len(mixture.weights), dtype=np.float32)
    total = np.zeros(mixture.means.shape, dtype=np.float32)
    for first in range(0, len(features), _BLOCK):
        block = features[first : first + _BLOCK]
        posterior = mixture.posteriors(block)
        count += posterior.sum(axis=0)
        total += posterior.T @ block
    return Statistics(count, total)


def train_mixture(
    features: Floats, *, components: int, iterations: int = 8, seed: int = 1
) -> Mixture:
    """Fit a mixture by splitting and expectation-maximisation.

    Parameters
    ----------
    features : np.ndarray [shape=(frames, dimensions)]
    components : int
        A power of two.

    Source
    ------
    Reynolds, Quatieri and Dunn 2000, Digital Signal Process. 10 (the universal background model).
    """
    random = np.random.default_rng(seed)
    dimensions = features.shape[1]
    mixture = Mixture(
        np.ones(1, dtype=np.float32),
        features.mean(axis=0, keepdims=True),
        features.var(axis=0, keepdims=True) + np.float32(_VARIANCE_FLOOR),
    )
    while len(mixture.weights) < components:
        spread = 0.2 * np.sqrt(mixture.variances)
        shift = spread * random.choice([-1.0, 1.0], size=(len(mixture.weights), dimensions))
        mixture = Mixture(
            np.tile(mixture.weights / 2, 2),
            np.concatenate([mixture.means - shift, mixture.means + shift]).astype(np.float32),
            np.tile(mixture.variances, (2, 1)),
        )
        rounds = iterations if len(mixture.weights) >= components else 3
        for _ in range(rounds):
            mixture = _improved(mixture, features)
    return mixture


def _improved(mixture: Mixture, features: Floats) -> Mixture:
    """One step of expectation-maximisation; a component that nothing falls to stays as it is."""
    count = np.zeros(len(mixture.weights), dtype=np.float64)
    total = np.zeros(mixture.means.shape, dtype=np.float64)
    square = np.zeros(mixture.means.shape, dtype=np.float64)
    for first in range(0, len(features), _BLOCK):
        block = features[first : first + _BLOCK]
        posterior = mixture.posteriors(block)
        count += posterior.sum(axis=0)
        total += posterior.T @ block
        square += posterior.T @ (block**2)
    some = np.maximum(count, 1e-3)[:, None]
    seen = (count > features.shape[1])[:, None]
    means = np.where(seen, total / some, mixture.means)
    variances = np.where(seen, square / some - means**2, mixture.variances)
    weights = (count + 1.0) / (count + 1.0).sum()
    floats: type[np.float32] = np.float32
    return Mixture(
        weights.astype(floats),
        means.astype(floats),
        np.maximum(variances, _VARIANCE_FLOOR).astype(floats),
    )


def relevance_shift(
    mixture: Mixture, seen: Statistics, *, relevance: float = 12.0
) -> npt.NDArray[np.float32]:
    """How far a voice pulls the mixture's means, as one long vector [shape=(components × dimensions,)].

    Each component's shift is weighted so that the distance between two vectors bounds the divergence
    between the two adapted mixtures.

    Source
    ------
    Campbell, Sturim and Reynolds 2006, IEEE Signal Process. Lett. 13(5) (supervectors).
    """
    count = seen.count[:, None]
    shift = (seen.total - count * mixture.means) / (count + relevance)
    scaled = shift * np.sqrt(mixture.weights[:, None] / mixture.variances)
    flat: Floats = scaled.reshape(-1).astype(np.float32)
    return flat
