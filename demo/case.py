"""Builds the demo's case, examines it with everything there is, and says where the report lies.

    make demo

The case is made anew in ``demo/case`` each time. Persons and events are invented: see README.md.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import earwitness
from earwitness.archive.build import build as build_archive
from earwitness.cli.show import Screen
from earwitness.store.folder import Clock, utc_now
from earwitness.workbench import Case, Refused

HERE = Path(__file__).parent
SOUNDS = HERE / "sounds"
CLAIMS = {
    "speaker": "Zarmuth Qelwadi",
    "publisher": "media wing of the Mareth Tide",
    "released": "2033-04-14",
    "language": "English",
}
RELEASES = {"release_2031.mp3": "June 2031", "release_2032.ogg": "February 2032"}


def build(folder: Path, *, who: str = "", clock: Clock = utc_now) -> Case:
    """Make the case, with every exhibit in its role, and draft what the articles say."""
    if folder.exists():
        shutil.rmtree(folder)
    questioned = [SOUNDS / "questioned.opus", SOUNDS / "impostor.opus"]
    case = earwitness.new(
        folder,
        questioned=questioned,
        title="A message from the nine islands",
        claims=CLAIMS,
        who=who,
        clock=clock,
    )
    speaker = CLAIMS["speaker"]
    add(case, sorted(SOUNDS.glob("known_*")), "known", speaker)
    add(case, sorted(SOUNDS.glob("release_*")), "archive", speaker)
    for path in sorted((SOUNDS / "population").glob("*.opus")):
        add(case, [path], "population", f"population {path.stem}")
    for path in sorted((HERE / "articles").glob("*.html")):
        case.draft(path)
    for path in sorted((HERE / "transcripts").glob("*.srt")):
        (recording,) = SOUNDS.glob(f"{path.stem}.*")
        case.add_transcript(path, of=recording.name, language="en", by="the demo's script")
    add(case, [HERE / "grid" / "mains.csv"], "grid")
    archive(case, sorted(SOUNDS.glob("release_*")))
    date_releases(case)
    return case


def archive(case: Case, releases: list[Path]) -> None:
    """Make a fingerprint archive of the earlier releases, and name it in case.toml."""
    build_archive(case.path / "releases", releases)
    path = case.path / "case.toml"
    path.write_text(path.read_text().replace("archives = []", 'archives = ["releases"]'))


def date_releases(case: Case) -> None:
    """Type when the earlier messages were released, as the first article tells it."""
    path = case.path / "case.toml"
    lines = "".join(f"{name}: {when} | Halden Strait Service\n" for name, when in RELEASES.items())
    path.write_text(path.read_text() + f'\n[examine.date_v1]\ntyped = """\n{lines}"""\n')


def add(case: Case, files: list[Path], role: str, speaker: str = "") -> None:
    """Add files, and stop at the first that is refused: none of the demo's should be."""
    for result in case.add(files, role, speaker=speaker):
        if isinstance(result, Refused):
            raise result.error


def main() -> int:
    """Build, examine, report; print a summary."""
    started = time.monotonic()
    screen = Screen()
    case = build(HERE / "case")
    names = {exhibit.sha256: exhibit.name for exhibit in case.exhibits}
    with screen.progress(names) as watcher:
        outcomes = list(case.examine(on_event=watcher))
    report = case.report("html")
    case.report("json")
    rows = [(question.wording, question.in_short) for question in case.report_data().questions]
    screen.table("A message from the nine islands", ("question", "in short"), rows)
    kinds = [examined.outcome.kind for examined in outcomes]
    screen.say(
        f"{kinds.count('finding')} findings, {kinds.count('not_examined')} not examined, "
        f"{kinds.count('failed')} failed, in {time.monotonic() - started:.0f} s"
    )
    screen.say(f"report: {report}")
    screen.say(f"look closer with: .venv/bin/earwitness serve {case.path}")
    return 1 if "failed" in kinds else 0


if __name__ == "__main__":
    sys.exit(main())
