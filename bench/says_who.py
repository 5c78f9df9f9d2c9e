"""Who says so: attribution on PolNeAR, the fourteen stories, names, and speed.

    python bench/says_who.py --polnear /path/to/polnear

PolNeAR (Newell et al. 2018) is for research and is not part of this project. The rules were made on
its train split; only dev is reported. Of an article that two persons annotated, the first is taken;
how well the two agree with each other is printed as well, for nobody can be asked to do better.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from polnear import Article, Marked, read_pairs, read_split
from rapidfuzz import fuzz
from stories import HELD_OUT, Count, count, read_stories

from earwitness.dossier.attribution import Attribution, find_attributions
from earwitness.dossier.conflicts import find_agreements, find_conflicts
from earwitness.dossier.drafting import Source, draft
from earwitness.dossier.names import SAME_ENOUGH, compare_names
from earwitness.dossier.scripts import latinised
from earwitness.dossier.statement import Manner, Property, Statement, Value
from earwitness.dossier.tokens import Span, read_text

_WORD = re.compile(r"\w+")
NAMES = Path(__file__).parent.parent / "tests" / "dossier" / "names"


@dataclass(slots=True)
class Tally:
    """Right, marked and given: precision, recall and F1 follow."""

    right: int = 0
    marked: int = 0
    given: int = 0

    def add(self, right: int, marked: int, given: int) -> None:
        self.right += right
        self.marked += marked
        self.given += given

    @property
    def text(self) -> str:
        precision = self.right / max(self.given, 1)
        recall = self.right / max(self.marked, 1)
        f1 = 2 * self.right / max(self.given + self.marked, 1)
        return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}"


@dataclass(slots=True)
class Scores:
    """All tallies of one run over articles."""

    cue: Tally = field(default_factory=Tally)
    source: Tally = field(default_factory=Tally)
    content: Tally = field(default_factory=Tally)
    exact_source: Tally = field(default_factory=Tally)
    exact_content: Tally = field(default_factory=Tally)
    quotations: int = 0
    right_speaker: int = 0
    baseline_speaker: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def error(self, kind: str) -> None:
        self.errors[kind] = self.errors.get(kind, 0) + 1


def _tokens(text: str, spans: Iterable[Span]) -> set[int]:
    return {
        start + word.start() for start, end in spans for word in _WORD.finditer(text[start:end])
    }


def score(articles: list[Article]) -> Scores:
    """Compare what is found in articles with what was marked; attributions meet at their cues' heads."""
    scores = Scores()
    for article in articles:
        text = read_text(article.text)
        found = {one.cue[0]: one for one in find_attributions(text)}
        marked = {one.cue_head: one for one in article.attributions}
        scores.cue.add(len(found.keys() & marked.keys()), len(marked), len(found))
        for head, one in marked.items():
            _score_one(scores, article.text, one, found.get(head))
        for head, attribution in found.items():
            given_source = [attribution.source] if attribution.source else []
            scores.source.given += len(_tokens(article.text, given_source))
            scores.content.given += len(_tokens(article.text, attribution.content))
            scores.exact_source.given += 1
            scores.exact_content.given += 1
            if head not in marked:
                scores.error(f"cue that was not marked ({attribution.form})")
    return scores


def _score_one(scores: Scores, text: str, marked: Marked, found: Attribution | None) -> None:
    source, content = _tokens(text, marked.source), _tokens(text, marked.content)
    got_source = _tokens(text, [found.source] if found and found.source else [])
    got_content = _tokens(text, found.content if found else ())
    scores.source.right += len(source & got_source)
    scores.source.marked += len(source)
    scores.content.right += len(content & got_content)
    scores.content.marked += len(content)
    scores.exact_source.marked += 1
    scores.exact_content.marked += 1
    quoted = _is_direct(text, marked)
    if quoted and marked.source:
        scores.quotations += 1
        scores.right_speaker += bool(source & got_source)
        scores.baseline_speaker += bool(source & _nearest_name(text, marked.content))
    if found is None:
        scores.error(f"cue missed ({'direct' if quoted else 'other'})")
        return
    scores.exact_source.right += source == got_source
    scores.exact_content.right += content == got_content
    if source and not source & got_source:
        scores.error("another source, or none")
    elif source != got_source:
        scores.error("source too long or short")
    if content and 2 * len(content & got_content) < 0.5 * (len(content) + len(got_content)):
        scores.error("content mostly wrong")


def _is_direct(text: str, marked: Marked) -> bool:
    """Whether the content as marked is one or several quotations and nothing else."""
    if not marked.content:
        return False
    first = text[marked.content[0][0] :][:2]
    last = text[: marked.content[-1][1]].rstrip(".,")[-1:]
    return first.startswith(("“", '"', "''")) and last in ("”", '"', "'")


_NAME = re.compile(r"[A-Z][\w.’-]+(?: [A-Z][\w.’-]+)*|\b(?:[Hh]e|[Ss]he|[Tt]hey)\b")


def _nearest_name(text: str, content: Iterable[Span]) -> set[int]:
    """The baseline: the first name or pronoun after the quotation, else the last before it."""
    spans = sorted(content)
    end, start = spans[0][1], spans[0][0]
    after = _NAME.search(text, end, end + 80)
    if after:
        return _tokens(text, [after.span()])
    before = list(_NAME.finditer(text, max(0, start - 80), start))
    return _tokens(text, [before[-1].span()]) if before else set()


def polnear(folder: Path) -> None:
    """Report on PolNeAR dev."""
    articles = read_split(folder, "dev")
    score(articles[:3])
    began = time.process_time()
    scores = score(articles)
    seconds = time.process_time() - began
    print(f"PolNeAR dev, {len(articles)} articles, {len(articles) / seconds:.0f} articles/s")
    print(f"  cue, exact head   {scores.cue.text}")
    print(f"  source, tokens    {scores.source.text}")
    print(f"  content, tokens   {scores.content.text}")
    print(f"  source, exact     {scores.exact_source.text}")
    print(f"  content, exact    {scores.exact_content.text}")
    share = scores.right_speaker / scores.quotations
    base = scores.baseline_speaker / scores.quotations
    print(
        f"  direct quotations: right speaker {share:.3f} of {scores.quotations}; nearest name {base:.3f}"
    )
    for publisher in sorted({article.publisher for article in articles}):
        of = score([article for article in articles if article.publisher == publisher])
        right = of.right_speaker / max(of.quotations, 1)
        print(f"  {publisher:13} cue {of.cue.text}; right speaker {right:.3f} of {of.quotations}")
    print("  errors by kind:")
    for kind, number in sorted(scores.errors.items(), key=lambda item: -item[1]):
        print(f"    {number:5}  {kind}")
    for split in ("train", "dev"):
        agreed = Tally()
        for one, other in read_pairs(folder, split):
            heads = [{m.cue_head for m in each.attributions} for each in (one, other)]
            agreed.add(len(heads[0] & heads[1]), len(heads[0]), len(heads[1]))
        print(f"  two annotators of {split}, cue heads: {agreed.text}")


def stories() -> None:
    """Report on the fourteen stories, those written after the rules were frozen apart."""
    groups: dict[str, list[Count]] = {"before the rules": [], "after the rules": []}
    lost = drafts = 0
    for story in read_stories():
        group = "after the rules" if story.name.startswith(HELD_OUT) else "before the rules"
        groups[group].append(count(story))
        for statement in story.drafts():
            drafts += 1
            lost += _is_lost(statement)
    print("Fourteen stories, every statement listed by hand")
    for group, counts in groups.items():
        found, listed = sum(c.found for c in counts), sum(c.listed for c in counts)
        drafted = sum(c.drafted for c in counts)
        print(
            f"  {group}: {len(counts)} stories, recall {found / listed:.3f} ({found} of {listed}), "
            f"precision {found / drafted:.3f} ({found} of {drafted})"
        )
        missed: dict[str, int] = {}
        for one in counts:
            for line in one.missed:
                missed[line.property] = missed.get(line.property, 0) + 1
        shown = ", ".join(f"{p} {n}" for p, n in sorted(missed.items(), key=lambda i: -i[1]))
        print(f"    missed: {shown}")
    print(f"  hedges lost: {lost} of {drafts} drafts")


_MARKED = re.compile(
    r"\b(?:reportedly|allegedly|apparently|possibly|perhaps|might|may have|may be|denie[sd]|deny|"
    r"unconfirmed|unverified|believed|suspected|rumou?red|purported|alleged|disputed|whether)\b"
    r"|could not (?:be )?(?:independently )?(?:verif|confirm)|not (?:been )?confirmed"
)


def _is_lost(statement: Statement) -> bool:
    """Whether a wording with a plain mark of doubt was drafted as asserted."""
    said = statement.property is Property.SAID
    wording = statement.value.text if said else statement.wording
    return bool(_MARKED.search(wording)) and statement.manner is Manner.ASSERTED


def hedges(folder: Path) -> None:
    """Count the hedges that were lost in drafts from PolNeAR, both splits."""
    lost = drafts = 0
    for split in ("train", "dev"):
        for article in read_split(folder, split):
            day = date.fromisoformat(article.name.split("_")[1])
            for statement in draft(article.text, Source("0" * 64, day, article.publisher)):
                drafts += 1
                lost += _is_lost(statement)
    print(f"Hedges lost in PolNeAR train and dev: {lost} of {drafts} drafts")


Names = list[tuple[str, str, str]]


def _pairs(name: str) -> Names:
    lines = (NAMES / name).read_text("utf-8").splitlines()
    return [(a, b, c) for a, b, c in (line.split("\t") for line in lines)]


def names() -> None:
    """Report on the list of spellings, odd lines apart: only even ones were looked at."""
    same, different = _pairs("same.tsv"), _pairs("different.tsv")
    print(
        f"Names: {len(same)} pairs of spellings, {len(different)} near misses; cut-off {SAME_ENOUGH}"
    )
    for part, of_same, of_different in (
        ("even lines, looked at", same[::2], different[::2]),
        ("odd lines, not looked at", same[1::2], different[1::2]),
    ):
        hits = sum(compare_names(one, other).may_be_same for _, one, other in of_same)
        wrong = sum(compare_names(one, other).may_be_same for _, one, other in of_different)
        print(f"  {part}: P {hits / (hits + wrong):.3f}  R {hits / len(of_same):.3f}")
    ours = [compare_names(one, other).score for _, one, other in same + different]
    truth = [True] * len(same) + [False] * len(different)
    print(f"  earwitness, all: AUC {_auc(ours, truth):.3f}, {_best_f1(ours, truth)}")
    rivals: dict[str, Callable[[str, str], float]] = {
        "ratio": fuzz.ratio,
        "token_sort_ratio": fuzz.token_sort_ratio,
        "token_set_ratio": fuzz.token_set_ratio,
        "WRatio": fuzz.WRatio,
    }
    for name, ratio in rivals.items():
        theirs = [ratio(latinised(a), latinised(b)) for _, a, b in same + different]
        print(
            f"  rapidfuzz {name} on the same romanisation: AUC {_auc(theirs, truth):.3f}, {_best_f1(theirs, truth)}"  # noqa: E501
        )
    for language in sorted({line[0] for line in same}):
        hits = [compare_names(a, b).may_be_same for tongue, a, b in same if tongue == language]
        wrong = [
            compare_names(a, b).may_be_same for tongue, a, b in different if tongue == language
        ]
        print(
            f"  {language}: R {sum(hits) / len(hits):.3f} of {len(hits)}, wrongly joined {sum(wrong)} of {len(wrong)}"  # noqa: E501
        )


def _auc(scores: list[float], truth: list[bool]) -> float:
    yes = [s for s, t in zip(scores, truth, strict=True) if t]
    no = [s for s, t in zip(scores, truth, strict=True) if not t]
    return statistics.fmean((a > b) + 0.5 * (a == b) for a in yes for b in no)


def _best_f1(scores: list[float], truth: list[bool]) -> str:
    """Precision and recall at the cut-off that suits these very data best."""
    best = max(sorted(set(scores)), key=lambda cut: _f1_at(scores, truth, cut)[0])
    f1, precision, recall = _f1_at(scores, truth, best)
    return f"at its own best cut-off P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}"


def _f1_at(scores: list[float], truth: list[bool], cut: float) -> tuple[float, float, float]:
    hits = sum(t for s, t in zip(scores, truth, strict=True) if s >= cut)
    given = sum(s >= cut for s in scores)
    precision, recall = hits / max(given, 1), hits / sum(truth)
    return 2 * hits / (given + sum(truth)), precision, recall


def speed(documents: int) -> None:
    """Draft many documents, and look for conflicts in many statements, on one core."""
    texts = [story.text for story in read_stories()]
    began = time.process_time()
    for number in range(documents):
        body = texts[number % len(texts)].replace("Colonel", f"Colonel {number}")
        draft(body, Source(f"{number:064d}", date(2020, 1, 1), "Paper"))
    seconds = time.process_time() - began
    print(
        f"Drafting: {documents} documents in {seconds:.1f} s of one core, {1000 * seconds / documents:.1f} ms each"  # noqa: E501
    )
    statements = [_made_up(number) for number in range(100_000)]
    origin_of = {one.document: str(int(one.document[-4:]) % 50) for one in statements}
    began = time.process_time()
    clashes = find_conflicts(statements)
    agreements = find_agreements(statements, origin_of)
    seconds = time.process_time() - began
    print(
        f"Conflicts and circular sourcing: 100,000 statements in {seconds:.2f} s of one core; "
        f"{len(clashes):,} conflicts, {len(agreements):,} agreements"
    )


_PROPERTIES = (
    Property.BORN_ON,
    Property.BORN_IN,
    Property.DIED_ON,
    Property.APPEARED_ON,
    Property.ALIAS,
)


def _made_up(number: int) -> Statement:
    """One of many statements about 5,000 persons from 2,000 documents."""
    prop = _PROPERTIES[number % len(_PROPERTIES)]
    year = 1950 + (number * 7) % 60
    day = date(year, 1 + number % 12, 1 + number % 28)
    value = Value(day.isoformat(), day, day) if prop.kind == "date" else Value(f"Town {number % 9}")
    return Statement(
        subject=f"Person {number % 5_000}",
        property=prop,
        value=value,
        said_by=(f"Paper {number % 2_000}",),
        manner=Manner.ASSERTED,
        hedge="",
        asserted_from=None,
        asserted_to=None,
        document=f"{number % 2_000:064d}",
        start=0,
        end=number,
        wording="",
        drafted_by="rules_v1",
    )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--polnear", type=Path, help="the folder with train and dev")
    parser.add_argument("--documents", type=int, default=1_000, help="how many to draft for speed")
    asked = parser.parse_args()
    if asked.polnear and asked.polnear.is_dir():
        polnear(asked.polnear)
        hedges(asked.polnear)
    else:
        print("PolNeAR: not measured, give --polnear FOLDER", file=sys.stderr)
    stories()
    names()
    speed(asked.documents)


if __name__ == "__main__":
    main()
