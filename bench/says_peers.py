"""Peers for who says so, in an environment of their own: rigour's names, textacy's quotations.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install rigour textacy
    /tmp/peers/bin/python bench/says_peers.py

rigour needs pyicu, which is built from source (libicu-dev, pkg-config, g++). It gives the parts of a name
matcher, not a matcher: here its symbols are paired first, then the rest by its edit distance; the
score is the mean over all letters, a part without a partner counting nothing. textacy's direct quotations
are asked of a blank English pipeline, which needs no download.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAMES = Path(__file__).parent.parent / "tests" / "dossier" / "names"
QUOTED = '"We are looking at it," Lansing told reporters. The minister said: "It is a fake."'


def _pairs(name: str) -> list[tuple[str, str]]:
    lines = (NAMES / name).read_text("utf-8").splitlines()
    return [(one, other) for _, one, other in (line.split("\t") for line in lines)]


def rigour_score(one: str, other: str) -> float:
    """How alike two names are, put together from rigour's parts."""
    from rigour.names import NameTypeTag, analyze_names, compare_parts, pair_symbols

    best = 0.0
    for left in analyze_names(NameTypeTag.PER, [one]):
        for right in analyze_names(NameTypeTag.PER, [other]):
            for paired in pair_symbols(left, right) or [()]:
                taken = {id(part) for each in paired for part in (*each.qps, *each.rps)}
                rest = [
                    [part for part in name.parts if id(part) not in taken] for name in (left, right)
                ]
                aligned = [*paired, *compare_parts(rest[0], rest[1])]
                letters = [len(each.qstr) + len(each.rstr) for each in aligned]
                met = [
                    size * each.score if each.qps and each.rps else 0.0
                    for size, each in zip(letters, aligned, strict=True)
                ]
                best = max(best, sum(met) / max(sum(letters), 1))
    return best


def names() -> None:
    """Print rigour's precision and recall at the cut-off that suits these data best, and its AUC."""
    same, different = _pairs("same.tsv"), _pairs("different.tsv")
    yes = [rigour_score(*pair) for pair in same]
    no = [rigour_score(*pair) for pair in different]
    auc = sum((a > b) + 0.5 * (a == b) for a in yes for b in no) / (len(yes) * len(no))

    def f1(cut: float) -> tuple[float, float, float]:
        hits, wrong = sum(a >= cut for a in yes), sum(b >= cut for b in no)
        precision, recall = hits / max(hits + wrong, 1), hits / len(yes)
        return 2 * hits / (hits + wrong + len(yes)), precision, recall

    best, precision, recall = max(f1(cut) for cut in {*yes, *no})
    import importlib.metadata

    print(
        f"rigour {importlib.metadata.version('rigour')}: AUC {auc:.3f}, at its own best cut-off "
        f"P {precision:.3f}  R {recall:.3f}  F1 {best:.3f}; {len(yes)} pairs, {len(no)} near misses"
    )


def quotations() -> None:
    """Print what textacy finds without a model."""
    import spacy
    import textacy
    from textacy import extract

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    found = list(extract.triples.direct_quotations(pipeline(QUOTED)))
    print(f"textacy {textacy.__version__} on a blank pipeline, two quotations: finds {found}")


def main() -> None:
    """Run what is installed here, and say what is not."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    for peer in (names, quotations):
        try:
            peer()
        except ImportError as error:
            print(f"{peer.__name__}: not measured, {error}")


if __name__ == "__main__":
    main()
