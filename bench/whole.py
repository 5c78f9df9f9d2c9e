"""Is it whole? Edits that are known, in real speech, through real codecs; as much speech untouched.

    EARWITNESS_DATA=FOLDER python bench/whole.py measure --half fit|test --keep FOLDER
    EARWITNESS_DATA=FOLDER python bench/whole.py learn --keep FOLDER
    EARWITNESS_DATA=FOLDER python bench/whole.py grids --half fit|test --keep FOLDER
    python bench/whole.py report --keep FOLDER [--half test]

``measure`` finds the moments of every recording and their cues, and keeps them: recordings are the
test half of the speakers, or the two of five of the training half that the network did not learn
from. ``learn`` fits the weights of the cues and the table that is shipped on the latter. ``grids`` follows
in the same recordings the grid of a coding at another rate. ``report`` prints what holds on the test half.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import whole_data as data
import whole_learn
from whole_resampled import followed

from earwitness.signal.joins import Networks, networks_of
from earwitness.signal.moments import find_moments
from earwitness.signal.quality import frame_power, speech_levels
from earwitness.signal.speech import find_speech

MOST_UNTOUCHED = {"wav": 9, "mp3 64k": 4}  # of one speaker, in the test half: 500 and 250 in all
WEIGHED = (
    "wav",
    "mp3 64k",
)  # saves whose cuts in pauses and cross-fades weights are learned from, too
TABLE = Path("src/earwitness/examinations/data/edits_1.npz")


def tasks(half: str, folder: Path, save: str = "wav") -> list[tuple[data.Carrier, str, str]]:
    """Carrier, kind of edit and kind of cut; "untouched" for both where there is none.

    Of the test half, WAV has 500 untouched recordings, MP3 250, the others those that are also cut. Every
    carrier is cut at random places, in the test half once by each kind of edit; in pauses and with
    cross-fades every second one of the test half, and those of the other as WAV and MP3 alone.
    """
    found = data.carriers(folder, "train" if half == "fit" else half)
    if half == "fit":
        found = data.split_train(found)[1]
    cut_ones = [each for each in found if _is_cut(each, found, half, save)]
    wanted: list[tuple[data.Carrier, str, str]] = [
        (each, "untouched", "untouched")
        for each in found
        if half == "fit" or each in cut_ones or _is_plain(each, found, save)
    ]
    for place, carrier in enumerate(cut_ones):
        long = carrier.set_name == "librispeech"
        kinds = _kinds_for(carrier)
        for number in range(3 if long and half == "fit" else 1):
            for index, cut in enumerate(data.CUTS):
                kind = kinds[(len(wanted) // 3 + index + number) % len(kinds)]
                also = save in WEIGHED if half == "fit" else index == 1 + place % 2
                if cut == "random" or also:
                    wanted.append((carrier, kind, cut))
    if half == "test":
        every = [(carrier, kind, "random") for carrier in cut_ones for kind in _kinds_for(carrier)]
        known = {(carrier.name, kind, cut) for carrier, kind, cut in wanted}
        wanted += [each for each in every if (each[0].name, *each[1:]) not in known]
    return wanted


def _kinds_for(carrier: data.Carrier) -> list[str]:
    """Kinds of edit; of LibriSpeech's speakers there is but one recording."""
    is_alone = carrier.set_name == "librispeech"
    return [kind for kind in data.KINDS if not (is_alone and kind == "same speaker")]


def _is_cut(carrier: data.Carrier, found: Sequence[data.Carrier], half: str, save: str) -> bool:
    if carrier.set_name == "librispeech":
        return True
    most = 4 if half == "fit" else 2 if save == "wav" else 1
    return _nth_of_speaker(carrier, found) < most and carrier.sound.size >= 3 * data.RATE_HZ


def _is_plain(carrier: data.Carrier, found: Sequence[data.Carrier], save: str) -> bool:
    return _nth_of_speaker(carrier, found) < MOST_UNTOUCHED.get(save, 0)


def _nth_of_speaker(carrier: data.Carrier, found: Sequence[data.Carrier]) -> int:
    own = [each.name for each in found if each.speaker == carrier.speaker]
    return own.index(carrier.name)


def measure(
    half: str, keep: Path, folder: Path, networks: Networks | None, saves: Sequence[str]
) -> None:
    """Cues of every recording, in one file for each save; a run that is stopped goes on."""
    others = _others(half, folder)
    for save in saves:
        path = keep / f"{half}_{save.replace(' ', '_')}.npz"
        if path.exists():
            continue
        facts, moments = [], []
        started = time.time()
        for carrier, kind, cut, edited in made(half, folder, save, others):
            sound = data.saved(edited.sound, save)
            found = find_moments(sound, networks=networks)
            snr_db = None
            if (
                kind == "untouched" and half == "fit"
            ):  # the shipped table says for which noise it is
                snr_db = speech_levels(frame_power(sound), find_speech(sound)).snr_db
            where = [carrier.set_name, carrier.speaker, carrier.name]
            facts.append([*where, kind, cut, found.duration_s, edited.cuts_s, snr_db])
            moments.append(np.column_stack([found.at_s, found.cues]).astype(np.float32))
        np.savez(
            path,
            facts=np.array(json.dumps(facts)),
            lengths=np.array([len(each) for each in moments]),
            moments=np.concatenate(moments),
        )
        print(half, save, len(facts), f"{time.time() - started:.0f} s", flush=True)


def made(
    half: str, folder: Path, save: str, others: Sequence[data.Carrier]
) -> Iterator[tuple[data.Carrier, str, str, data.Edited]]:
    """Every recording of a save: its carrier, kind of edit, kind of cut, and its sound before the save."""
    for number, (carrier, kind, cut) in enumerate(tasks(half, folder, save)):
        edited: data.Edited | None = data.Edited(carrier.sound, ())
        if kind != "untouched":
            edited = data.edit(carrier, kind, cut, np.random.default_rng([number, 7]), others)
        if edited is not None:
            yield carrier, kind, cut, edited


def follow_grids(half: str, keep: Path, folder: Path, saves: Sequence[str]) -> None:
    """Spans and breaks of the grid of every recording, a line each; those first that are cut, too.

    A run that is stopped goes on.
    """
    others = _others(half, folder)
    for save in saves:
        path = keep / f"{half}_{save.replace(' ', '_')}_grids.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        known = {tuple(json.loads(line)[:3]) for line in lines}
        wanted = list(made(half, folder, save, others))
        cut_ones = {carrier.name for carrier, kind, _, _ in wanted if kind != "untouched"}
        for carrier, kind, cut, edited in sorted(wanted, key=lambda w: w[0].name not in cut_ones):
            if (carrier.name, kind, cut) in known:
                continue
            row = [carrier.name, kind, cut, followed(data.saved(edited.sound, save))]
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        print(half, save, "grids", flush=True)


def _others(half: str, folder: Path) -> list[data.Carrier]:
    found = data.carriers(folder, "train" if half == "fit" else half)
    return data.split_train(found)[1] if half == "fit" else found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("measure", "learn", "grids", "report"))
    parser.add_argument("--half", choices=("fit", "test"), default="test")
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--saves", nargs="*", default=list(data.SAVES))
    parser.add_argument("--networks", type=Path, help="others than the shipped ones")
    parser.add_argument("--table", type=Path, default=TABLE)
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    networks = None
    if arguments.networks:
        with np.load(arguments.networks) as stored:
            networks = networks_of(dict(stored))
    if arguments.what == "measure":
        measure(arguments.half, arguments.keep, folder, networks, arguments.saves)
    elif arguments.what == "grids":
        follow_grids(arguments.half, arguments.keep, folder, arguments.saves)
    elif arguments.what == "learn":
        whole_learn.learn(arguments.keep, arguments.table)
    else:
        whole_learn.report(arguments.keep, arguments.half, arguments.table)


if __name__ == "__main__":
    main()
