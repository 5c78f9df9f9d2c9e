"""``earwitness archive``: build, search and keep a fingerprint archive."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness import saying
from earwitness.archive import build as building
from earwitness.archive import index
from earwitness.archive.background import Background
from earwitness.archive.joining import Stretch
from earwitness.archive.listening import export_pairs
from earwitness.archive.search import DEFAULT_ERROR, search_file
from earwitness.cli.engine import with_engine
from earwitness.cli.show import ExitCode, Screen
from earwitness.engine.cluster import engine_named
from earwitness.evidence.names import safe_text
from earwitness.transcripts.text import clock

_PATH = click.Path(path_type=Path)


@click.group()
def archive() -> None:
    """Keep the fingerprints of recordings, and find what was heard before."""


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--workers", type=click.IntRange(1), help="Processes; one for each core by default.")
@with_engine
@click.pass_obj
def build(
    screen: Screen, folder: Path, files: tuple[Path, ...], workers: int | None, engine: str
) -> int:
    """Add FILES, and the files in folders, to the archive INDEX; make it if there is none.

    A file whose bytes are in the archive already is passed over. A build that was interrupted goes
    on when the same command is given again.
    """
    console = Console(stderr=True)
    hidden = screen.quiet or screen.as_json or not console.is_terminal
    columns = (
        TextColumn("{task.completed:.0f} of {task.total:.0f} files"),
        BarColumn(),
        TextColumn("{task.fields[sound]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=hidden) as bars:
        bar = bars.add_task("", total=None, sound="")

        def report(progress: building.Progress) -> None:
            hours = f"{progress.sound_s / 3600:.2f} h of sound"
            bars.update(bar, total=progress.of_files, completed=progress.files, sound=hours)

        with engine_named(engine, workers=workers) as cluster:
            built = building.build(folder, files, workers=workers, engine=cluster, report=report)
    for left_out in built.not_taken:
        screen.error(f"not taken: {left_out.path}: {left_out.reason}")
    screen.say(
        f"{built.added} recordings added ({built.sound_s / 3600:.2f} h), {built.already} were there, "
        f"{len(built.not_taken)} could not be taken"
    )
    screen.result(
        {
            "added": built.added,
            "already": built.already,
            "sound_s": built.sound_s,
            "not_taken": [{"path": each.path, "reason": each.reason} for each in built.not_taken],
        }
    )
    return ExitCode.DONE if not built.not_taken else ExitCode.REFUSED


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("file", type=_PATH)
@click.option(
    "--most-probable-error",
    type=click.FloatRange(0, 1),
    default=DEFAULT_ERROR,
    show_default=True,
    help="Report what unrelated sound gives at most this probably.",
)
@click.option("--without-damaged", is_flag=True, help="Search what is whole of a damaged archive.")
@click.option("--listen", type=_PATH, metavar="FOLDER", help="Write the pairs there, as WAV.")
@click.option(
    "--sources", type=_PATH, multiple=True, metavar="FOLDER", help="Where the archive's files lie."
)
@click.option("--workers", type=click.IntRange(1), help="Processes of dask; one for each core.")
@with_engine
@click.pass_obj
def search(
    screen: Screen,
    folder: Path,
    file: Path,
    most_probable_error: float,
    without_damaged: bool,
    listen: Path | None,
    sources: tuple[Path, ...],
    workers: int | None,
    engine: str,
) -> None:
    """Find what of the recording FILE stands in the archive INDEX."""
    opened = index.open_archive(folder, without_damaged=without_damaged)
    with engine_named(engine, workers=workers) as cluster:
        found = search_file(file, opened, most_probable_error=most_probable_error, engine=cluster)
    background = Background.of(opened.manifest.background)
    for name in opened.missing:
        screen.error(f"NOT searched, because it is damaged: {name}")
    if found:
        screen.table(
            f"{safe_text(file.name)} in {opened.seconds / 3600:.1f} h",
            ("here", "there", "recording", "speed", "pitch", "agreement", "false match"),
            [_row(stretch, background) for stretch in found],
        )
    else:
        screen.say("no stretch of it stands in this archive as the same recording")
    screen.say(f"false-match probability: {background.wording}")
    pairs = export_pairs(found, file, sources, to=listen) if listen is not None else []
    for pair in pairs:
        screen.say(pair)
    screen.result(
        {
            "stretches": [stretch.to_json() for stretch in found],
            "not_searched": list(opened.missing),
            "background": background.to_json(),
            "listen": pairs,
        }
    )


def _row(stretch: Stretch, background: Background) -> tuple[str, ...]:
    return (
        f"{stretch.here_start_s:.2f}-{stretch.here_end_s:.2f} s",
        f"{stretch.there_start_s:.2f}-{stretch.there_end_s:.2f} s",
        f"{stretch.recording.name} ({stretch.recording.sha256[:12]})",
        f"× {stretch.speed:.3f}",
        f"{stretch.semitones:+.1f} st",
        f"{stretch.agreement:.2f}{' (faint)' if stretch.is_faint else ''}",
        background.in_words(stretch.false_match_probability),
    )


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.option("--check", is_flag=True, help="Read every byte and compare it with its checksum.")
@click.pass_obj
def info(screen: Screen, folder: Path, check: bool) -> int:
    """Say what the archive INDEX holds, and whether it is whole."""
    manifest = index.read_manifest(folder)
    bad = index.damaged_segments(folder, manifest) if check else []
    opened = index.open_archive(folder, without_damaged=True)
    size = sum(segment.bytes for segment in opened.segments)
    hours = opened.seconds / 3600
    recordings = sorted(opened.known(), key=lambda known: known.name)
    missing = sorted({*opened.missing, *(item.file for item in bad)})
    screen.say(
        f"{len(recordings)} recordings, {hours:.2f} h, {len(opened.segments)} segments, "
        f"{size / 1e6:.1f} MB ({size / 1e6 / max(hours, 1e-9):.2f} MB/h), "
        f"{len(manifest.removed)} removed"
    )
    screen.say(f"false-match probability: {Background.of(manifest.background).wording}")
    for name in missing:
        screen.error(f"damaged: {name}")
    screen.result(
        {
            "recordings": [
                {"sha256": known.sha256, "name": known.name, "seconds": known.seconds}
                for known in recordings
            ],
            "hours": hours,
            "segments": len(opened.segments),
            "bytes": size,
            "removed": len(manifest.removed),
            "damaged": missing,
            "background": Background.of(manifest.background).to_json(),
        }
    )
    return ExitCode.NOT_WHOLE if missing else ExitCode.DONE


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("sha256", required=False)
@click.option("--damaged", is_flag=True, help="Drop the segments whose bytes have changed.")
@click.pass_obj
def remove(screen: Screen, folder: Path, sha256: str | None, damaged: bool) -> int:
    """Take the recording with this SHA-256, or its first eight digits or more, out of INDEX."""
    if damaged == (sha256 is not None):
        raise click.UsageError("give a recording's SHA-256, or --damaged")
    if damaged:
        dropped = building.drop_damaged(folder)
        lost = sum(item.recordings for item in dropped)
        screen.say(f"{len(dropped)} segments with {lost} recordings dropped: build adds them again")
        screen.result({"segments": [item.file for item in dropped], "recordings": lost})
        return ExitCode.DONE
    removed = building.remove(folder, sha256 or "")
    screen.say(f"{removed} recordings removed")
    screen.result({"removed": removed})
    return ExitCode.DONE if removed else ExitCode.REFUSED


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("other", metavar="OTHER", type=_PATH)
@click.pass_obj
def merge(screen: Screen, folder: Path, other: Path) -> None:
    """Add all that the archive OTHER holds to the archive INDEX; OTHER stays as it is."""
    added = building.merge_archives(folder, other)
    screen.say(f"{added} recordings added")
    screen.result({"added": added})


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("file", type=_PATH)
@click.option("--of", required=True, help="The archived recording: its name, or its hash.")
@click.pass_obj
def transcribe(screen: Screen, folder: Path, file: Path, of: str) -> None:
    """Put the transcript FILE beside an archived recording, so that its words can be searched."""
    entry = saying.transcribe_archived(folder, file, of=of)
    screen.say(f"{file.name} says the words of {safe_text(entry.recording)}")
    screen.result({"of": entry.of, "recording": entry.recording})


@archive.command()
@click.argument("folder", metavar="INDEX", type=_PATH)
@click.argument("query")
@click.option(
    "--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many."
)
@click.pass_obj
def said(screen: Screen, folder: Path, query: str, most: int) -> None:
    """Find the words of QUERY in the transcripts of archived recordings, with their seconds."""
    rows = []
    listed: list[dict[str, object]] = []
    for found in saying.search_archives([folder], query, most=most):
        for hit in found.hits.hits:
            entry = found.entries[hit.source]
            rows.append((safe_text(entry.recording), clock(hit.start_s), safe_text(hit.text)))
            listed.append({"recording": entry.recording, "of": entry.of, "start_s": hit.start_s})
    screen.table(query, ("recording", "at", "what is said"), rows)
    screen.say(f"{len(rows)} found")
    screen.result({"hits": listed})
