"""``earwitness transcript``: add, show, search, accept, export and convert transcripts."""

from __future__ import annotations

from pathlib import Path

import click

import earwitness as workbench
from earwitness.atomic import write_whole
from earwitness.cli.show import Screen
from earwitness.evidence.exhibit import Exhibit
from earwitness.saying import read_file
from earwitness.transcripts import FORMS, Kind, Review, Segment, Transcript, write_transcript
from earwitness.transcripts.text import clock

_PATH = click.Path(path_type=Path)
_FORM = click.Choice(list(FORMS))


@click.group()
def transcript() -> None:
    """Add transcripts to a case, look at them, search them."""


@transcript.command("add")
@click.argument("folder", type=_PATH)
@click.argument("file", type=_PATH)
@click.option("--of", required=True, metavar="EXHIBIT", help="The recording: name or hash.")
@click.option("--language", default="", help="Such as ar; the file's own by default.")
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), default="original")
@click.option("--by", default="", metavar="NAME", help="Who transcribed or translated.")
@click.option("--accepted", is_flag=True, help="You stand behind it; a draft otherwise.")
@click.pass_obj
def add(
    screen: Screen,
    folder: Path,
    file: Path,
    of: str,
    language: str,
    kind: str,
    by: str,
    accepted: bool,
) -> None:
    """Add FILE to the case in FOLDER as a transcript of a recording.

    SubRip, WebVTT, Praat, ELAN, Audacity, oTranscribe, Whisper's JSON and plain text with times
    are told apart by their content.
    """
    review = Review.ACCEPTED if accepted else Review.DRAFT
    opened = workbench.open(folder, who=screen.who)
    added = opened.add_transcript(file, of=of, language=language, kind=kind, by=by, review=review)
    known = "" if added.is_new else " (was there already)"
    screen.say(f"{added.sha256[:12]}  {added.name}, {added.facts}{known}")
    screen.result({"sha256": added.sha256, "facts": added.facts, "is_new": added.is_new})


@transcript.command("draft")
@click.argument("folder", type=_PATH)
@click.option("--of", required=True, metavar="EXHIBIT", help="The recording: name or hash.")
@click.pass_obj
def draft(screen: Screen, folder: Path, of: str) -> None:
    """Keep what the examination 'words' heard in a recording as a draft transcript."""
    added = workbench.open(folder, who=screen.who).keep_draft(of)
    screen.say(f"{added.sha256[:12]}  {added.name}, {added.facts}: a draft, to be checked by ear")
    screen.result({"sha256": added.sha256, "facts": added.facts, "is_new": added.is_new})


@transcript.command("accept")
@click.argument("folder", type=_PATH)
@click.argument("exhibit")
@click.pass_obj
def accept(screen: Screen, folder: Path, exhibit: str) -> None:
    """Stand behind the transcript EXHIBIT (name or hash); that is logged under your name."""
    sha256 = workbench.open(folder, who=screen.who).accept_transcript(exhibit)
    screen.say(f"{sha256[:12]} is accepted")
    screen.result({"accepted": sha256})


@transcript.command("show")
@click.argument("folder", type=_PATH)
@click.argument("exhibit", default="")
@click.pass_obj
def show(screen: Screen, folder: Path, exhibit: str) -> None:
    """List the case's transcripts, or show those of the recording EXHIBIT side by side."""
    opened = workbench.open(folder, who=screen.who)
    found = opened.transcripts(of=exhibit)
    names = {each.sha256: each.name for each in opened.exhibits}
    rows = [
        (
            each.name,
            names.get(each.declared.of, "not declared"),
            said.language or "not stated",
            f"{said.kind}, {said.review}",
            said.by or "not stated",
            said.in_short,
        )
        for each, said in found
    ]
    screen.table(
        "Transcripts", ("transcript", "of", "language", "kind", "by", "what it holds"), rows
    )
    for _, said in found:
        for note in said.notes:
            screen.say(f"note: {note}")
    if exhibit:
        columns = ("time", *(each.name for each, _ in found))
        screen.table("Side by side", columns, _side_by_side([said for _, said in found]))
    screen.result([_as_json(each, said, full=bool(exhibit)) for each, said in found])


def _side_by_side(found: list[Transcript]) -> list[tuple[str, ...]]:
    """A row for each segment of the first transcript, with what the others say in its middle."""
    if not found:
        return []
    rows = []
    for segment in found[0].segments:
        middle = (segment.start_s + segment.end_s) / 2
        others = [
            " ".join(each.text for each in other.segments if each.start_s <= middle < each.end_s)
            for other in found[1:]
        ]
        rows.append((clock(segment.start_s), _spoken(segment), *others))
    return rows


def _spoken(segment: Segment) -> str:
    return f"{segment.speaker}: {segment.text}" if segment.speaker else segment.text


def _as_json(exhibit: Exhibit, said: Transcript, *, full: bool) -> dict[str, object]:
    data: dict[str, object] = {
        "sha256": exhibit.sha256,
        "name": exhibit.name,
        "of": exhibit.declared.of,
        "language": said.language,
        "kind": str(said.kind),
        "review": str(said.review),
        "by": said.by,
        "form": said.form,
        "notes": list(said.notes),
    }
    if full:
        data["segments"] = [
            {
                "start_s": each.start_s,
                "end_s": each.end_s,
                "speaker": each.speaker,
                "text": each.text,
            }
            for each in said.segments
        ]
    return data


@transcript.command("search")
@click.argument("folder", type=_PATH)
@click.argument("query")
@click.option(
    "--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many."
)
@click.pass_obj
def search(screen: Screen, folder: Path, query: str, most: int) -> None:
    """Find the words of QUERY in the transcripts of a case and of its archives, with their seconds.

    Words in quotation marks are found in that order; a word that ends in * stands for all that
    begin so. Spelling variants of Arabic, Persian and Urdu count as one.
    """
    opened = workbench.open(folder, who=screen.who)
    found = opened.search(query, most=most)
    exhibits = {each.sha256: each for each in opened.exhibits}
    rows = []
    for hit in found.hits:
        of = exhibits.get(exhibits[hit.source].declared.of)
        where = of.name if of else exhibits[hit.source].name
        rows.append((where, clock(hit.start_s), hit.text))
    archived = opened.search_archives(query, most=most)
    for each in archived:
        for hit in each.hits.hits:
            where = f"{each.entries[hit.source].recording} (archive {each.archive.name})"
            rows.append((where, clock(hit.start_s), hit.text))
    screen.table(query, ("recording", "at", "what is said"), rows)
    if found.widened:
        screen.say(f"not found as written; found in: {', '.join(found.widened)}")
    has_more = found.has_more or any(each.hits.has_more for each in archived)
    screen.say("there are more: ask for them with --most" if has_more else f"{len(rows)} found")
    screen.result(
        {
            "hits": [
                {
                    "transcript": hit.source,
                    "of": exhibits[hit.source].declared.of,
                    "start_s": hit.start_s,
                    "end_s": hit.end_s,
                    "speaker": hit.speaker,
                    "text": hit.text,
                }
                for hit in found.hits
            ],
            "in_archives": [
                {
                    "archive": str(each.archive),
                    "transcript": hit.source,
                    "of": each.entries[hit.source].of,
                    "recording": each.entries[hit.source].recording,
                    "start_s": hit.start_s,
                    "end_s": hit.end_s,
                    "speaker": hit.speaker,
                    "text": hit.text,
                }
                for each in archived
                for hit in each.hits.hits
            ],
            "has_more": has_more,
            "widened": list(found.widened),
        }
    )


@transcript.command("export")
@click.argument("folder", type=_PATH)
@click.argument("exhibit")
@click.argument("output", type=_PATH)
@click.option("--format", "form", type=_FORM, required=True)
@click.pass_obj
def export(screen: Screen, folder: Path, exhibit: str, output: Path, form: str) -> None:
    """Write the transcript EXHIBIT (name or hash) to OUTPUT in another format."""
    opened = workbench.open(folder, who=screen.who)
    content = write_transcript(opened.transcript(exhibit), form)
    write_whole(output, content)
    screen.say(f"{FORMS[form].name}: {output} (this format keeps {FORMS[form].keeps})")
    screen.result({"written": str(output), "keeps": FORMS[form].keeps})


@transcript.command("convert")
@click.argument("file", type=_PATH)
@click.argument("output", type=_PATH)
@click.option("--format", "form", type=_FORM, required=True)
@click.option("--tier", default="", help="Of an ELAN file: this tier, such as a translation.")
@click.pass_obj
def convert(screen: Screen, file: Path, output: Path, form: str, tier: str) -> None:
    """Write the transcript in FILE to OUTPUT in another format, outside any case."""
    said = read_file(file, tier=tier)
    write_whole(output, write_transcript(said, form))
    for note in said.notes:
        screen.say(f"note: {note}")
    screen.say(f"{said.in_short} → {FORMS[form].name}: {output}")
    screen.result({"written": str(output), "notes": list(said.notes)})
