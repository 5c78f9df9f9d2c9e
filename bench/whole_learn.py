"""Fits the weights of the cues and writes the table that is shipped; and what holds on the test half."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import whole_data as data
from scipy.stats import binomtest

from earwitness.examinations._codec_measured import jump_worth
from earwitness.examinations._edit_jumps import Fused, Grids, Judged, judge, with_grids
from earwitness.examinations._reference_speech import kinds_of
from earwitness.signal.cuts import (
    RARITIES,
    WITHIN_S,
    Calibration,
    Places,
    Untouched,
    at_cuts,
    best_near,
    find_places,
    learn_weights,
    quantiles,
    rarity,
)
from earwitness.signal.grid_track import Jump
from earwitness.signal.moments import CUES, Moments

Floats = npt.NDArray[np.float64]
PENALTY = 1e-3
NAMES = {"librispeech": "LibriSpeech", "speechocean762": "speechocean762"}
SETS = tuple(NAMES)


@dataclass(frozen=True)
class Row:
    """A recording that was measured."""

    set_name: str
    speaker: str
    name: str
    kind: str
    cut: str
    cuts_s: tuple[float, ...]
    snr_db: float | None
    moments: Moments
    grids: Grids | None = None


def load(keep: Path, half: str) -> dict[str, list[Row]]:
    """All that ``measure`` kept, by save."""
    found = {}
    for save in data.SAVES:
        path = keep / f"{half}_{save.replace(' ', '_')}.npz"
        if not path.exists():
            continue
        with np.load(path) as stored:
            facts = json.loads(str(stored["facts"]))
            pieces = np.split(
                stored["moments"].astype(np.float64), np.cumsum(stored["lengths"])[:-1]
            )
        grids = grids_of(path.with_name(f"{path.stem}_grids.jsonl"))
        found[save] = [
            Row(
                *fact[:5],
                tuple(fact[6]),
                fact[7],
                Moments(piece[:, 0], piece[:, 1:], fact[5]),
                grids.get((fact[2], fact[3], fact[4])),
            )
            for fact, piece in zip(facts, pieces, strict=True)
        ]
    return found


def grids_of(path: Path) -> dict[tuple[str, str, str], Grids]:
    """What ``whole.py grids`` kept of those recordings in which one could be followed."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        name, kind, cut, followed = json.loads(line)
        if followed["jumps"] is not None:
            found[name, kind, cut] = Grids(
                [Jump(start, end, 0.0) for start, end in followed["jumps"]],
                [(start, end) for start, end, offset in followed["spans"] if offset >= 0],
                is_resampled=True,
            )
    return found


def reached_by(rows: Sequence[Row]) -> Floats:
    return quantiles(np.concatenate([row.moments.cues for row in rows if row.kind == "untouched"]))


def weights_of(by_save: dict[str, list[Row]]) -> Floats:
    """Weights from all saves together, each with the rarities of its own untouched speech."""
    cuts, others = [], []
    for rows in by_save.values():
        reached = reached_by(rows)
        for row in rows:
            rare = rarity(row.moments.cues, reached)
            if row.kind == "untouched":
                others.append(rare)
            else:
                cuts.append(at_cuts(row.moments.at_s, rare, row.cuts_s))
    shown, plain = np.concatenate(cuts), np.concatenate(others)
    tones = CUES.index("tones")  # few of these recordings have any: only a population's count
    shown[:, tones] = plain[:, tones] = 0
    start = np.append(np.zeros(len(CUES)), -4.0)
    return learn_weights(shown, plain, about=start, pull=PENALTY)


def places_of(rows: Sequence[Row], reached: Floats, weights: Floats) -> list[Places]:
    return [find_places(row.moments, reached, weights) for row in rows]


def calibrated(rows: Sequence[Row], reached: Floats, weights: Floats) -> Calibration:
    """Scores of untouched places, of each set, and of cuts at random places."""
    kinds = []
    for set_name in SETS:
        own = [row for row in rows if row.kind == "untouched" and row.set_name == set_name]
        scores = np.concatenate([each.score for each in places_of(own, reached, weights)])
        kinds.append(Untouched(scores, sum(row.moments.duration_s for row in own), NAMES[set_name]))
    lowest = min(float(kind.scores.min()) for kind in kinds)
    cut = [row for row in rows if row.cut == "random"]
    found = [
        best_near(places, row.cuts_s, lowest)
        for row, places in zip(cut, places_of(cut, reached, weights), strict=True)
    ]
    count = sum(row.kind == "untouched" for row in rows)
    return Calibration(kinds, np.concatenate(found), count)


def learn(keep: Path, out: Path) -> None:
    by_save = load(keep, "fit")
    weights = weights_of(by_save)
    print("weights", dict(zip((*CUES, "constant"), np.round(weights, 3), strict=True)))
    arrays: dict[str, npt.NDArray[np.generic]] = {"weights": weights.astype(np.float32)}
    reached: list[Floats] = []
    counts: dict[str, list[object]] = defaultdict(list)
    for number, (_, rows) in enumerate(by_save.items()):
        reached.append(reached_by(rows))
        table = calibrated(rows, reached[-1].astype(np.float32).astype(float), weights)
        scores = [np.sort(kind.scores)[::-1].astype(np.float32) for kind in table.kinds]
        arrays[f"untouched_{number}"] = np.concatenate(scores)
        arrays[f"kinds_{number}"] = np.repeat(
            np.arange(len(scores)), [each.size for each in scores]
        )
        arrays[f"cuts_{number}"] = np.sort(table.cuts)[::-1].astype(np.float32)
        untouched = [row for row in rows if row.kind == "untouched"]
        counts["recordings"].append(len(untouched))
        counts["speakers"].append(len({(row.set_name, row.speaker) for row in untouched}))
        counts["seconds"].append(table.seconds)
        counts["kind_seconds"].append([kind.seconds for kind in table.kinds])
        snr = [row.snr_db for row in untouched if row.snr_db is not None]
        counts["snr_db"].append(np.quantile(snr, [0.025, 0.975]) if snr else [0.0, 60.0])
    arrays |= {name: np.array(values) for name, values in counts.items()}
    arrays["reached"] = np.array(reached, dtype=np.float32)
    arrays["kind_names"] = np.array(list(NAMES.values()))
    codings = [data.SAVES[save] for save in by_save]
    arrays["codecs"] = np.array([each[0].codec if each else "" for each in codings])
    arrays["bit_rates"] = np.array([each[0].bit_rate if each else 0 for each in codings])
    arrays["conditions"] = np.array(
        [f"through {each[0].wording}" if each else "as 16-bit WAV, 16 kHz" for each in codings]
    )
    np.savez_compressed(out, **arrays)
    print(out, out.stat().st_size, "bytes", RARITIES.size)


def eer(untouched: Floats, cut: Floats) -> float:
    """Where as many of the cut fall under a score as of the untouched reach it, %."""
    scores = np.unique(np.concatenate([untouched, cut]))
    missed = np.searchsorted(np.sort(cut), scores, side="left") / cut.size
    false = 1 - np.searchsorted(np.sort(untouched), scores, side="left") / untouched.size
    best = np.argmin(np.abs(missed - false))
    return float(50 * (missed[best] + false[best]))


def report(keep: Path, half: str, table_path: Path) -> None:
    by_save = load(keep, half)
    with np.load(table_path) as stored:
        codecs = [str(each) for each in stored["codecs"]]
        order = [codecs.index(_codec(save)) for save in by_save]
        weights, reached = stored["weights"].astype(float), stored["reached"][order].astype(float)
        tables = [
            Calibration(
                kinds_of(stored, i), stored[f"cuts_{i}"].astype(float), int(stored["recordings"][i])
            )
            for i in order
        ]
    print("\nRecording-level EER, %, with the number of edited recordings:\n")
    print("| saved as | set | untouched | " + " | ".join(data.CUTS) + " |")
    print("|---|---|---|" + "---|" * len(data.CUTS))
    for number, (save, rows) in enumerate(by_save.items()):
        for set_name in ("librispeech", "speechocean762", "both"):
            print(_eer_line(rows, save, set_name, _fused(reached[number], weights)))
    if any(_codec(save) for save in by_save):
        print(_compressed_line(by_save, reached, weights))
    print("\nBy cue, cuts at random places, both sets, EER %:\n")
    print("| saved as | fused | " + " | ".join(CUES) + " |")
    print("|---|---|" + "---|" * len(CUES))
    for number, (save, rows) in enumerate(by_save.items()):
        whole = _eer(rows, "both", "random", _fused(reached[number], weights))[0]
        single = [_eer(rows, "both", "random", _single(i))[0] for i in range(len(CUES))]
        print(f"| {save} | {whole:.1f} | " + " | ".join(f"{each:.1f}" for each in single) + " |")
    if any(row.grids is not None for row in by_save.get("wav", ())):
        _report_grids(by_save["wav"], reached[0], weights, tables[0])
    _report_kinds(by_save, reached, weights)
    _report_places(by_save, reached, weights, tables)
    _report_alarms(by_save, reached, weights, tables)


def _report_grids(
    rows: Sequence[Row], reached: Floats, weights: Floats, table: Calibration
) -> None:
    """The same of WAV with the grids of codings at another rate.

    Recordings are ranked by the mean likelihood ratio of their places: that of one cut somewhere, no place
    being the likelier beforehand, against none. A long recording has more places, and so higher best ones.
    """
    worth = jump_worth("lossless", is_resampled=True)

    def fused(row: Row) -> Fused:
        return with_grids(find_places(row.moments, reached, weights), row.grids, worth)

    def judged(row: Row, stated: float = 0.05) -> Judged:
        seconds = row.moments.duration_s
        return judge(fused(row), table, duration_s=seconds, most_probable_error=stated)

    def of_any(row: Row) -> float:
        return float(np.log10(np.mean(10.0 ** judged(row).ratios)))

    def told(row: Row, stated: float = 0.05) -> Floats:
        return fused(row).places.at_s[judged(row, stated).is_told]

    print("\nWith grids of codings at another rate, EER %:\n")
    print("| saved as | set | untouched | " + " | ".join(data.CUTS) + " |")
    print("|---|---|---|" + "---|" * len(data.CUTS))
    for set_name in ("librispeech", "speechocean762", "both"):
        print(_eer_line(rows, "wav", set_name, of_any))
    kinds = [_eer(rows, "both", "random", of_any, kind) for kind in data.KINDS]
    cells = " | ".join(
        f"{kind}: {value:.1f} ({n})" for kind, (value, _, n) in zip(data.KINDS, kinds, strict=True)
    )
    print(f"\nby kind, cut anywhere: {cells}")
    for set_name in (*SETS, "both"):
        for cut in data.CUTS:
            chosen = [row for row in _chosen(rows, set_name) if row.cut == cut]
            apart = [np.abs(told(row)[:, None] - np.array(row.cuts_s)) for row in chosen]
            cuts = sum(each.shape[1] for each in apart)
            found = sum(int((each <= WITHIN_S).any(axis=0).sum()) for each in apart)
            right = sum(int((each <= WITHIN_S).any(axis=1).sum()) for each in apart)
            every = sum(each.shape[0] for each in apart)
            print(
                f"{set_name}, {cut}: {found} of {cuts} cuts told; {right} of {every} places right"
            )
        plain = [row for row in _chosen(rows, set_name) if row.kind == "untouched"]
        for stated in (0.01, 0.05, 0.1):
            alarms = sum(told(row, stated).size > 0 for row in plain)
            ends = binomtest(alarms, len(plain)).proportion_ci(method="exact")
            print(
                f"{set_name}: {alarms} of {len(plain)} untouched with a place told, at "
                f"{100 * stated:g} % stated: {100 * ends.low:.1f}-{100 * ends.high:.1f} %"
            )


def _codec(save: str) -> str:
    codings = data.SAVES[save]
    return codings[0].codec if codings else ""


def _fused(reached: Floats, weights: Floats) -> Callable[[Row], float]:
    return lambda row: float(find_places(row.moments, reached, weights).score.max())


def _single(cue: int) -> Callable[[Row], float]:
    return lambda row: float(row.moments.cues[:, cue].max())


def _chosen(rows: Sequence[Row], set_name: str) -> list[Row]:
    return [row for row in rows if set_name in ("both", row.set_name)]


def _compressed_line(by_save: dict[str, list[Row]], reached: Floats, weights: Floats) -> str:
    """The same over all compressed saves, at one score for all."""
    cells, plain = [], 0
    for cut in data.CUTS:
        scores = [
            _scores(rows, "both", cut, _fused(reached[number], weights))
            for number, (save, rows) in enumerate(by_save.items())
            if _codec(save)
        ]
        a, b = (np.concatenate(sides) for sides in zip(*scores, strict=True))
        plain = max(plain, a.size)
        cells.append(f"{eer(a, b):.1f} ({b.size})")
    return f"| compressed, together | both | {plain} | " + " | ".join(cells) + " |"


def _eer(
    rows: Sequence[Row], set_name: str, cut: str, score: Callable[[Row], float], kind: str = ""
) -> tuple[float, int, int]:
    """Edited recordings against the untouched ones of the same carriers."""
    plain, edited = _scores(rows, set_name, cut, score, kind)
    if not edited.size or not plain.size:
        return float("nan"), 0, 0
    return eer(plain, edited), plain.size, edited.size


def _scores(
    rows: Sequence[Row], set_name: str, cut: str, score: Callable[[Row], float], kind: str = ""
) -> tuple[Floats, Floats]:
    """Of the untouched recordings and of the edited ones of the same carriers."""
    chosen = _chosen(rows, set_name)
    edited = [row for row in chosen if row.cut == cut and kind in ("", row.kind)]
    names = {row.name for row in chosen if row.kind != "untouched"}
    plain = [row for row in chosen if row.kind == "untouched" and row.name in names]
    untouched, cut_ones = (np.array([score(row) for row in some]) for some in (plain, edited))
    return untouched, cut_ones


def _eer_line(rows: Sequence[Row], save: str, set_name: str, score: Callable[[Row], float]) -> str:
    cells, plain = [], 0
    for cut in data.CUTS:
        value, untouched, edited = _eer(rows, set_name, cut, score)
        plain = max(plain, untouched)
        cells.append(f"{value:.1f} ({edited})" if edited else "not cut so")
    return f"| {save} | {set_name} | {plain} | " + " | ".join(cells) + " |"


def _report_kinds(by_save: dict[str, list[Row]], reached: Floats, weights: Floats) -> None:
    print("\nBy kind of edit, cuts at random places, both sets, EER % (n):\n")
    print("| saved as | " + " | ".join(data.KINDS) + " |")
    print("|---|" + "---|" * len(data.KINDS))
    for number, (save, rows) in enumerate(by_save.items()):
        score = _fused(reached[number], weights)
        cells = [_eer(rows, "both", "random", score, kind) for kind in data.KINDS]
        print(f"| {save} | " + " | ".join(f"{value:.1f} ({n})" for value, _, n in cells) + " |")


def _report_places(
    by_save: dict[str, list[Row]], reached: Floats, weights: Floats, tables: Sequence[Calibration]
) -> None:
    print("\nPlaces that are told (false alarm 5 % a recording), within 50 ms of a cut:\n")
    print(
        "| saved as | cut | cuts | recall | precision | median error ms | best place within 50 ms |"
    )
    print("|---|---|---|---|---|---|---|")
    for number, (save, rows) in enumerate(by_save.items()):
        for cut in data.CUTS:
            if not any(row.cut == cut for row in rows):
                continue
            print(_places_line(rows, save, cut, reached[number], weights, tables[number]))


def _places_line(
    rows: Sequence[Row], save: str, cut: str, reached: Floats, weights: Floats, table: Calibration
) -> str:
    cuts = found = told = right = top = 0
    errors = []
    chosen = [row for row in rows if row.cut == cut]
    for row, places in zip(chosen, places_of(chosen, reached, weights), strict=True):
        kept = places.at_s[places.score >= table.score_for(0.05, row.moments.duration_s)]
        apart = np.abs(kept[:, None] - np.array(row.cuts_s)[None])
        cuts += len(row.cuts_s)
        told += kept.size
        if kept.size:
            found += int((apart.min(axis=0) <= WITHIN_S).sum())
            right += int((apart.min(axis=1) <= WITHIN_S).sum())
            errors += [1e3 * e for e in apart.min(axis=0) if e <= WITHIN_S]
        best = places.at_s[np.argmax(places.score)]
        top += int(min(abs(best - cut_s) for cut_s in row.cuts_s) <= WITHIN_S)
    middle = f"{np.median(errors):.1f}" if errors else ""
    return (
        f"| {save} | {cut} | {cuts} | {found / cuts:.2f} | {right / max(1, told):.2f} | "
        f"{middle} | {top / len(chosen):.2f} |"
    )


def _report_alarms(
    by_save: dict[str, list[Row]], reached: Floats, weights: Floats, tables: Sequence[Calibration]
) -> None:
    print(
        "\nUntouched recordings with a place told; the stated rate, which is of the set that has more, "
        "and that of the recordings' own; binomial 95 % of the observed:\n"
    )
    print(
        "| saved as | set | stated | of its own | recordings | with a place | observed % | 95 % |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for number, (save, rows) in enumerate(by_save.items()):
        untouched = [row for row in rows if row.kind == "untouched"]
        found = places_of(untouched, reached[number], weights)
        for stated in (0.01, 0.05, 0.1):
            told = [
                (row.set_name, *_alarm(row, each, tables[number], stated))
                for row, each in zip(untouched, found, strict=True)
            ]
            for set_name in (*SETS, "both"):
                chosen = [rest for own, *rest in told if set_name in ("both", own)]
                hits, expected = np.array(chosen).T
                ends = binomtest(int(hits.sum()), hits.size).proportion_ci(method="exact")
                print(
                    f"| {save} | {set_name} | {100 * stated:g} | {100 * expected.mean():.1f} "
                    f"| {hits.size} | {hits.sum():.0f} | {100 * hits.mean():.1f} "
                    f"| {100 * ends.low:.1f}-{100 * ends.high:.1f} |"
                )


def _alarm(row: Row, found: Places, table: Calibration, stated: float) -> tuple[bool, float]:
    """Whether an untouched recording has a place told, and how probable that is by its own set."""
    seconds = row.moments.duration_s
    bar = table.score_for(stated, seconds)
    own = dict(table.false_places_of_kinds(bar, seconds))[NAMES[row.set_name]]
    return bool(found.score.max() >= bar), float(-np.expm1(-own))
