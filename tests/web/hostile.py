"""A case whose every text wants to run in the reader's browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

import earwitness
import sounds
from earwitness.workbench import Case

SCRIPT = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\"' onclick=alert(3) {{7321*7321}}"
NAME = "<img src=x onerror=alert(1)>\"'.wav"


def hostile_case(folder: Path, work: Path) -> Case:
    """Make it: title, claims, file names, tags, a document, a transcript, a speaker, a mark."""
    plain = sounds.write_wav(work / "plain.wav", sounds.voice(3.0))
    tape = work / NAME
    tagged = ("-metadata", f"title={SCRIPT}", "-metadata", f"comment={SCRIPT}")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", plain, *tagged, "-f", "wav", tape], check=True, timeout=60
    )
    claims = {"speaker": SCRIPT, "place": SCRIPT}
    case = earwitness.new(folder, questioned=[tape], title=SCRIPT, claims=claims, who=SCRIPT)
    list(case.add([plain], "known", speaker=SCRIPT))
    document = work / f"{NAME}.txt"
    document.write_text(
        f"outlet: {SCRIPT}\npublished: 2031-05-04\n\n"
        f"Berta <script>alert(4)</script> was born in Tal Sabah in 1971, said Otto {SCRIPT}.\n\n"
        "Berta Anders was born in Nurheim in 1975, according to a ministry statement.\n"
    )
    case.draft(document)
    transcript = work / f"{NAME}.srt"
    transcript.write_text(f"1\n00:00:00,500 --> 00:00:02,000\n{SCRIPT}\n")
    recording = case.exhibits[0].sha256
    case.add_transcript(transcript, of=recording, language="en")
    case.mark(recording, 0.5, 1.0, SCRIPT)
    list(case.examine(["container", "quality"]))
    return case


PAGES = (
    "/cases/h.case", "/cases/h.case/questions/what", "/cases/h.case/questions/who",
    "/cases/h.case/listen/{recording}", "/cases/h.case/dossier", "/cases/h.case/dossier/conflicts",
    "/cases/h.case/dossier/timeline", "/cases/h.case/dossier/names",
    "/cases/h.case/dossier/edit/{statement}", "/cases/h.case/custody", "/cases/h.case/report",
    "/cases/h.case/report/preview", "/cases/h.case/settings", "/",
)  # fmt: skip


def pages_of(case: Case) -> list[str]:
    """Every page of the case."""
    statement = next(iter(case.dossier.read().statements))
    recording = case.exhibits[0].sha256
    return [page.format(recording=recording, statement=statement) for page in PAGES]
