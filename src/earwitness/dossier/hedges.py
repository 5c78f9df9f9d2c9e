"""How surely something is put: asserted, inferred, hedged, unconfirmed or denied, and by which words.

One rule stands over all: a wording that holds a hedge, a denial or a failed check is never given as
asserted. Where in doubt the rules err to the less sure side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from earwitness.dossier.statement import Manner
from earwitness.dossier.words import word_set

_HEDGES = re.compile(
    r"\b(?:reportedly|allegedly|apparently|purportedly|supposedly|ostensibly|presumably|possibly"
    r"|conceivably|potentially|probabl[ey]|perhaps|maybe|likely|unlikely|might|seem(?:s|ed|ing)?"
    r"|appear(?:s|ed|ing)? (?:to|that|likely)|(?:it|so) appears|(?<!reason to )believ(?:e|es|ed|ing)|thought to|thinks?|suspect(?:s|ed)?"
    r"|suppos(?:ed|e)|assum(?:e|es|ed)|presum(?:e|es|ed)|rumou?r(?:s|ed)|rumou?r (?:has|that)|alleg(?:e|es|ed|ing)"
    r"|purport(?:s|ed|ing)?|claim(?:s|ed|ing)?|said to (?:be|have)|expected to|is to be|if|either\b(?=[^.;]{0,200}\bor)"
    r"|conflicting (?:accounts|reports)|mixed reports|other reports|some reports|unspecified reports"
    r"|consistent with|compatible with|(?:limited|moderate|strong|some) support[”\"]? for|resembl(?:es|ed|ing)"
    r"|convinced|(?<!no )(?<!reason to )doubt(?:s|ed|ful)?|in what would be|less sure|not sure|unsure|hop(?:e|es|ed|ing)"
    r"|fear(?:s|ed)?|expect(?:s|ed)?|(?:was|is|are|were) possible|no conclusion)\b"
    r"|\b(?:can|could)(?:not| not|n['’]t) be (?:excluded|ruled out)\b|\bmay\b(?! \d)|\bcould\b(?! not|n['’]t)",
    re.IGNORECASE,
)
_MAY = re.compile(r"\bMay\b")
_UNCONFIRMED = re.compile(
    r"\b(?:unconfirmed|unverified|unauthenticated|unclear|not clear|whether)\b"
    r"|\b(?:not|n['’]t|never|neither|nor|no one|nobody|unable|cannot|impossible|yet|failed|declin(?:e|es|ed)|"
    r"refus(?:e|es|ed))\b[^.;]{0,40}?\b(?:verif(?:y|ied)|confirm(?:ed)?|authenticat(?:e|ed)|"
    r"corroborat(?:e|ed)|establish(?:ed)?|rule (?:it |this |that |them )?out|say|know|comment|determine[d]?|independently)\b",
    re.IGNORECASE,
)
_DENIALS = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|disput(?:e|es|ed|ing)|refut(?:e|es|ed|ing)"
    r"|dismiss(?:es|ed|ing)?|contradict(?:s|ed)?|disavow(?:s|ed)?|denial)\b",
    re.IGNORECASE,
)
_INFERENCES = re.compile(
    r"\b(?:suggest(?:s|ed|ing)?|impl(?:y|ies|ied|ying)|indicat(?:e|es|ed|ing)|infer(?:s|red)?"
    r"|conclud(?:e|es|ed|ing)|deduc(?:e|es|ed))\b",
    re.IGNORECASE,
)
_NEITHER_NOR = re.compile(r"\bn(?:either|ot) confirm(?:ed)? (?:n?or) den(?:ied|y)\b", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:not|never|no|neither|nor)\b|n['’]t\b", re.IGNORECASE)

DENYING = frozenset(
    ["deny", "reject", "dispute", "refute", "dismiss", "contradict", "disavow", "rebut"]
)
DOUBTING = word_set(
    "believe think suspect claim allege suppose assume presume hope fear expect guess speculate "
    "purport rumor rumour want wish doubt convince"
)
INFERRING = frozenset(["suggest", "imply", "indicate", "infer", "conclude", "deduce"])
DECLINING = frozenset(["decline", "refuse"])


@dataclass(frozen=True, slots=True)
class Surety:
    """A manner with the words that make it so; no words for an asserted one."""

    manner: Manner
    words: str = ""


SURE = Surety(Manner.ASSERTED)


def surety_of_wording(wording: str) -> Surety:
    """Judge a wording by the hedges, denials and failed checks in it; the weakest wins."""
    neither = _NEITHER_NOR.search(wording)
    if neither:
        return Surety(Manner.UNCONFIRMED, neither.group())
    for pattern, manner in (
        (_DENIALS, Manner.DENIED),
        (_UNCONFIRMED, Manner.UNCONFIRMED),
        (_HEDGES, Manner.HEDGED),
        (_INFERENCES, Manner.INFERRED),
    ):
        for found in pattern.finditer(wording):
            if pattern is _HEDGES and _MAY.fullmatch(found.group()):
                continue
            return Surety(manner, found.group())
    return SURE


def surety_of_cue(lemma: str, cue: str, negated: bool) -> Surety:
    """Judge a reporting word: who denies, believes or suggests does not assert."""
    if lemma in DENYING:
        return Surety(Manner.UNCONFIRMED if negated else Manner.DENIED, cue)
    if lemma in DECLINING or (negated and lemma in ("confirm", "say", "know", "verify", "find")):
        return Surety(Manner.UNCONFIRMED, f"not {cue}" if negated else cue)
    if lemma in DOUBTING:
        return Surety(Manner.HEDGED, cue)
    if lemma in INFERRING:
        return Surety(Manner.INFERRED, cue)
    return SURE


def is_negated(wording: str) -> bool:
    """Whether a short wording around a verb says that it did not happen."""
    return bool(_NEGATION.search(wording))


def least_sure(*sureties: Surety) -> Surety:
    """The weakest link of a chain."""
    return max(sureties, key=lambda one: one.manner.rank, default=SURE)
