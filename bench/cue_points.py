"""Count the points of reporting words on the train split of PolNeAR and write the table.

    python bench/cue_points.py /path/to/polnear src/earwitness/dossier/cue_points.json

A logistic regression over four kinds of evidence (the word, its form, what is before, what is
after), ridge 1, rounded to half-logits so that a person can read and change the table. Words that
report in fewer than three articles, or less than six times in a hundred, are left out.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from polnear import read_split
from scipy.optimize import minimize

from earwitness.dossier.cues import company_after, company_before
from earwitness.dossier.tokens import read_text
from earwitness.dossier.words import lemma

STEP = 0.5
Row = tuple[str, str, str, str, bool, str]


def _rows(folder: Path) -> list[Row]:
    articles = read_split(folder, "train")
    texts = [read_text(article.text) for article in articles]
    vocabulary = {token.lower for text in texts for token in text.tokens}
    rows = []
    for article, text in zip(articles, texts, strict=True):
        heads = {marked.cue_head for marked in article.attributions}
        for sentence in text.sentences:
            for place in range(sentence.first, sentence.last):
                token = text.tokens[place]
                if not token.is_word or text.quotation_around(token.start):
                    continue
                base, form = lemma(token.lower, vocabulary)
                before = company_before(text, sentence, place)
                after = company_after(text, sentence, place)
                rows.append((base, form, before, after, token.start in heads, article.name))
    return rows


def _kept(rows: list[Row]) -> set[str]:
    seen: dict[str, int] = defaultdict(int)
    reports: dict[str, list[str]] = defaultdict(list)
    for base, _, _, _, is_cue, article in rows:
        seen[base] += 1
        if is_cue:
            reports[base].append(article)
    return {
        base
        for base, where in reports.items()
        if len(set(where)) >= 3 and len(where) / seen[base] > 0.06 and base.isalpha()
    }


def _fit(rows: list[Row]) -> tuple[dict[tuple[str, str], int], int]:
    columns: dict[tuple[str, str], int] = {}
    where: list[tuple[int, int]] = []
    for number, (base, form, before, after, _, _) in enumerate(rows):
        evidence = (
            ("words", base),
            ("forms", f"{base} {form}"),
            ("before", f"{form} {before}"),
            ("after", f"{form} {after}"),
        )
        where += [(number, columns.setdefault(one, len(columns))) for one in evidence]
    places = np.array(where).T
    matrix = sparse.csr_matrix((np.ones(len(where)), places), shape=(len(rows), len(columns)))
    truth = np.array([row[4] for row in rows], dtype=float)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        z = matrix @ weights[:-1] + weights[-1]
        error = 1 / (1 + np.exp(-z)) - truth
        value = (np.logaddexp(0, z) - truth * z).sum() + (weights[:-1] ** 2).sum() / 2
        return value, np.append(matrix.T @ error + weights[:-1], error.sum())

    start = np.zeros(len(columns) + 1)
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    points = np.round(weights / STEP).astype(int)
    return {key: int(points[column]) for key, column in columns.items()}, int(points[-1])


def main(folder: Path, target: Path) -> None:
    """Count and write."""
    rows = _rows(folder)
    kept = _kept(rows)
    points, base = _fit([row for row in rows if row[0] in kept])
    table: dict[str, dict[str, int] | int] = {"base": base}
    for kind in ("words", "forms", "before", "after"):
        table[kind] = {
            name: worth
            for (of, name), worth in sorted(points.items())
            if of == kind and (worth or kind == "words")
        }
    target.write_text(json.dumps(table, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
