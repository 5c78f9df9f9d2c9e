"""Likelihood ratios in words: a verbal scale that is cited, and propositions that are said in full."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def verbal_scale() -> dict[str, Any]:
    """The scale as data, with its source."""
    text = files("earwitness.voices").joinpath("data/verbal_scale_1.toml").read_text("utf-8")
    return tomllib.loads(text)


def support_in_words(log10_lr: float) -> str:
    """The step of the scale that a likelihood ratio, or its inverse, reaches."""
    reached = abs(log10_lr) + 1e-9
    steps = [step for step in verbal_scale()["steps"] if math.log10(step["from"]) <= reached]
    return str(steps[-1]["words"])


def ratio_in_words(log10_lr: float) -> str:
    """A likelihood ratio, or its inverse, as a number that the evidence can carry: two digits."""
    ratio = 10 ** abs(log10_lr)
    digits = 1 - math.floor(math.log10(ratio))
    rounded = round(ratio, digits)
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.1f}"


def propositions(speaker: str) -> tuple[str, str, str]:
    """The three propositions about who speaks, in full."""
    who = speaker or "the speaker of the known recordings"
    return (
        f"the questioned speech is {who}'s own",
        "it is another person's, of the relevant population",
        f"it was made by a machine that imitates {who}",
    )


def said(log10_lr: float, speaker: str) -> str:
    """What a likelihood ratio says about the first two propositions, as a sentence without its end.

    Never that they are the same person, and never how probable that is.
    """
    own, others, _ = propositions(speaker)
    if abs(log10_lr) < math.log10(2):
        return f"about as probable if {own} as if {others}"
    times = ratio_in_words(log10_lr)
    first, second = (own, others) if log10_lr > 0 else (others, own)
    return f"about {times} times more probable if {first} than if {second}"
