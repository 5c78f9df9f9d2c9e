"""A Sphinx extension that writes from the program what the program knows best.

A line ``% generated: NAME`` in a page is replaced by what ``described.PARTS[NAME]`` gives, and each
examination gets a page of its own in ``examinations/``. So a file put into the folder of
examinations has its page without another edit.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import described
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from earwitness.examinations import all_examinations

_PLACEHOLDER = re.compile(r"^% generated: (\S+)$", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what to call, and when."""
    app.connect("builder-inited", write_examination_pages)
    app.connect("builder-inited", copy_decisions)
    app.connect("source-read", fill_in)
    app.connect("env-before-read-docs", read_generated_again)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def write_examination_pages(app: Sphinx) -> None:
    """One page for each version of each examination; pages of examinations that are gone go."""
    pages = {
        f"{name}.md": described.examination_page(each) for name, each in all_examinations().items()
    }
    _write_pages(Path(app.srcdir) / "examinations", "*_v*.md", pages)


def copy_decisions(app: Sphinx) -> None:
    """Pages of decisions lie at the top of the repository, where developers look for them."""
    source, folder = Path(app.srcdir).parent / "decisions", Path(app.srcdir) / "decisions"
    _write_pages(folder, "*.md", {path.name: path.read_text("utf-8") for path in source.glob("0*")})


def _write_pages(folder: Path, pattern: str, pages: dict[str, str]) -> None:
    """Make the pages of a folder these, and leave alone what need not change."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob(pattern):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def fill_in(_app: Sphinx, page: str, source: list[str]) -> None:
    """Replace each placeholder of a page."""

    def generated(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in described.PARTS:
            raise ExtensionError(f"{page}: nothing is generated under the name {name!r}")
        return described.PARTS[name]()

    source[0] = _PLACEHOLDER.sub(generated, source[0])


def read_generated_again(app: Sphinx, _environment: object, pages: list[str]) -> None:
    """Read pages with placeholders at every build: the program may have changed, they have not."""
    for page in sorted(app.env.found_docs):
        text = Path(app.env.doc2path(page)).read_text("utf-8")
        if page not in pages and _PLACEHOLDER.search(text):
            pages.append(page)
