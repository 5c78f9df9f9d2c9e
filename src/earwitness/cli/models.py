"""``earwitness models``: list, fetch and find the models that examinations use."""

from __future__ import annotations

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.cli.show import Screen
from earwitness.models import Shelf, catalogue, known_model


@click.group()
def models() -> None:
    """List, fetch and find the models that examinations use."""


@models.command("list")
@click.pass_obj
def list_models(screen: Screen) -> None:
    """List the models that are known, and which of them are on this machine."""
    shelf = Shelf()
    rows = [
        (
            model.name,
            model.kind,
            f"{model.size / 1e6:,.0f} MB" if model.size else "not known",
            model.licence,
            model.use,
            "here" if shelf.has(model) else "not here",
        )
        for model in catalogue().values()
    ]
    screen.table("Models", ("name", "kind", "size", "licence", "use", "on this machine"), rows)
    screen.result(
        [
            {
                "name": model.name,
                "kind": model.kind,
                "bytes": model.size,
                "licence": model.licence,
                "source": model.source,
                "is_here": shelf.has(model),
            }
            for model in catalogue().values()
        ]
    )


@models.command("pull")
@click.argument("name")
@click.pass_obj
def pull(screen: Screen, name: str) -> None:
    """Fetch the model NAME; a pull that was stopped goes on where it was.

    Each file has to have the SHA-256 that this version of earwitness knows, or it is refused. Where none
    is known, the first pull notes it in a lock file, and says so.
    """
    model, shelf = known_model(name), Shelf()
    console = Console(stderr=True)
    hidden = screen.as_json or screen.quiet or not console.is_terminal
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=hidden) as progress:
        bars = {file.name: progress.add_task(file.name, total=file.size) for file in model.files}
        place = shelf.pull(
            model, on_progress=lambda file, at, _: progress.update(bars[file], completed=at)
        )
    screen.say(f"{name}: {place}")
    noted = shelf.locked().get(name, {}).get("sha256", "") if not model.is_pinned else ""
    if noted:
        screen.say(
            f"No hash of this model was known beforehand. SHA-256 {noted} is noted in "
            f"{shelf.folder / 'lock.json'}; compare it with what another desk has."
        )
    screen.result({"name": name, "folder": str(place), "noted_sha256": noted})


@models.command("where")
@click.argument("name", default="")
@click.pass_obj
def where(screen: Screen, name: str) -> None:
    """Say in which folder models lie, or the model NAME; its weights are checked."""
    if not name:
        screen.say(str(Shelf().folder))
        screen.result({"folder": str(Shelf().folder)})
        return
    place, digest = Shelf().find(name)
    screen.say(f"{place}\nSHA-256 of its weights: {digest}")
    screen.result({"folder": str(place), "sha256": digest})
