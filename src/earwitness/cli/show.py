"""How the command line shows things: tables for people, JSON for programs, exit codes for both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from earwitness.engine.pool import Advanced, Ended, Event, Started
from earwitness.evidence.names import safe_text


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    NOT_WHOLE = 1
    USAGE = 2
    REFUSED = 3
    FAILED = 4
    CASE = 5
    STOPPED = 130

    @property
    def meaning(self) -> str:
        """The code in words."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.NOT_WHOLE: "verify found a problem, or replay another outcome",
    ExitCode.USAGE: "the command was not understood",
    ExitCode.REFUSED: "a file or request was refused",
    ExitCode.FAILED: "an examination failed",
    ExitCode.CASE: "the case can't be opened",
    ExitCode.STOPPED: "stopped by the user",
}


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command's results go."""

    who: str = ""
    as_json: bool = False
    quiet: bool = False

    def result(self, data: Any) -> None:
        """Print JSON, if that was asked for."""
        if self.as_json:
            click.echo(json.dumps(data, indent=2, ensure_ascii=True))

    def say(self, text: str) -> None:
        """Print a line for people."""
        if not self.as_json:
            Console(highlight=False, soft_wrap=True).print(Text(safe_text(text, 10_000)))

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str | Sequence[str]]],
    ) -> None:
        """Print a table for people; no text in it can act as markup or move the cursor."""
        if self.as_json:
            return
        table = Table(title=Text(safe_text(title)), title_justify="left", show_lines=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(cell) for cell in row))
        Console(highlight=False).print(table)

    def error(self, text: str, *, kind: str = "") -> None:
        """Print one line on the error output."""
        if self.as_json:
            click.echo(json.dumps({"error": kind or "Error", "message": text}), err=True)
        else:
            click.echo(f"earwitness: {safe_text(text, 2_000)}", err=True)

    def progress(self, names: dict[str, str]) -> Watcher:
        """A bar for each examination, on the error output; none when quiet or not a terminal.

        Parameters
        ----------
        names : dict
            How to call each exhibit, by its hash.
        """
        console = Console(stderr=True)
        return Watcher(
            names, console, shown=console.is_terminal and not (self.quiet or self.as_json)
        )


def _cell(content: str | Sequence[str]) -> Text:
    """A cell of a table: one line, or one for each of several texts."""
    lines = [content] if isinstance(content, str) else content
    return Text("\n".join(safe_text(line, 2_000) for line in lines))


class Watcher:
    """Shows the progress of examinations while they run."""

    def __init__(self, names: dict[str, str], console: Console, *, shown: bool) -> None:
        self._names = names
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[doing]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not shown,
        )

    def __enter__(self) -> Watcher:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Take note of what happened."""
        key = event.task.key
        if isinstance(event, Started):
            name = safe_text(self._names.get(event.task.exhibit.sha256, ""), 30)
            self._bars[key] = self._progress.add_task(
                Text(f"{event.task.method} {name}").markup, total=1.0, doing="reading"
            )
        elif isinstance(event, Advanced):
            self._progress.update(self._bars[key], completed=event.fraction, doing=event.doing)
        elif isinstance(event, Ended):
            doing = event.outcome.kind.replace("_", " ")
            self._progress.update(self._bars[key], completed=1.0, doing=doing)
