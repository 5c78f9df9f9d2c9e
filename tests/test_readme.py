"""The README says what this version can do, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from earwitness.examinations import newest_examinations
from earwitness.outcome import Asked

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("asked", Asked)
def test_each_question_has_its_row_and_the_row_is_true(asked: Asked) -> None:
    """A question names every examination that answers it; one without says that there is none yet."""
    rows = {
        line.split("|")[1].replace("*", "").strip(): line.split("|")[3].strip()
        for line in README.splitlines()
        if line.startswith("| ")
    }
    names = sorted(each.name for each in newest_examinations().values() if each.answers == asked)
    stated = rows[asked.wording]
    assert sorted(re.findall(r"`(\w+)`", stated)) == names
    assert (stated == "no examination yet") == (not names)


def test_the_pictures_are_small_pngs() -> None:
    """The pictures of a report and of the desk are there, are PNGs, and do not weigh on a clone."""
    paths = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert paths == ["docs/images/report.png", "docs/images/desk.png"]
    for path in paths:
        content = (ROOT / path).read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(content) < 250_000


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Every file that a page at the top of the repository links to is there."""
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text("utf-8"))
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_decisions_are_numbered_and_whole() -> None:
    """Each decision has its number, its title, what was decided, and what it costs."""
    paths = sorted((ROOT / "decisions").glob("*.md"))
    assert paths
    for number, path in enumerate(paths, start=1):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        assert "\n## Decision\n" in text
        assert "\n## What it costs\n" in text
