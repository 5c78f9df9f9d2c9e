"""Describes the program in Markdown: examinations, commands, case.toml, errors, the report."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
import read_source

from earwitness import checking, errors
from earwitness.cli.main import earwitness as entrance
from earwitness.cli.show import ExitCode
from earwitness.errors import CaseError, EarwitnessError
from earwitness.examinations import Examination, all_examinations
from earwitness.outcome import Asked
from earwitness.report.data import ReportData
from earwitness.store.casefile import CaseFile

Schema = Mapping[str, Any]
_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
}


def examination_page(examination: Examination) -> str:
    """The page of one examination."""
    roles = ", ".join(f"`{role}`" for role in examination.applies_to)
    facts = [
        ("It answers", f"{examination.answers.wording}"),
        ("It examines exhibits of the role", roles),
        ("It needs", examination.needs.wording),
        ("It also looks at", ", ".join(_looks_at(examination)) or "nothing else in the case"),
    ]
    parts = [
        f"# {examination.name}",
        f"**{examination.question}**",
        table(("", ""), facts),
        "Where what it needs is not there, it ends in *not examined*, with the reason.",
        "## How it works",
        examination.method,
        "## Parameters",
        _parameters(examination),
        "## What it does not show",
        _limits(examination),
        "## Sources",
        "\n".join(f"- {source}" for source in examination.sources),
        "## On its own",
        f"```sh\nearwitness examine tape.case --only {examination.name}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _looks_at(examination: Examination) -> Iterator[str]:
    for role in examination.looks_at:
        yield f"exhibits of the role `{role}`"
    if examination.needs.claims:
        yield "what is claimed of the questioned recording"
    if examination.needs.archives or examination.needs.may_use_archives:
        yield "the archives that `case.toml` names"
    if examination.needs.grids:
        yield "the grid records that `case.toml` names"


def _parameters(examination: Examination) -> str:
    if not examination.defaults:
        return "It has none."
    rows = [
        (f"`{name}`", _TYPES[_json_type(default)], f"`{json.dumps(default)}`")
        for name, default in examination.defaults.items()
    ]
    lines = "\n".join(f"{name} = {json.dumps(d)}" for name, d in examination.defaults.items())
    return (
        table(("parameter", "type", "default"), rows)
        + "\n\nSet them in `case.toml`; these are the defaults:\n\n"
        + f"```toml\n[examine.{examination.name}]\n{lines}\n```"
    )


def _json_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return names[type(value)]


def _limits(examination: Examination) -> str:
    limits = read_source.limits_of(examination.function)
    if not limits:
        return "Each finding states its own limits."
    said = "\n".join(f"- {limit}" for limit in limits)
    return f"A finding states those of these limits that apply to it:\n\n{said}"


def examinations_list() -> str:
    """Every question of the desk, with the examinations that answer it, or the word that none does."""
    parts = []
    for asked in Asked:
        mine = [each for each in all_examinations().values() if each.answers == asked]
        lines = [f"- [{each.name}]({each.name}.md): {each.question}" for each in mine]
        parts.append(f"**{asked.wording}**\n\n" + ("\n".join(lines) or "- No examination yet."))
    return "\n\n".join(parts)


def examinations_short() -> str:
    """A table of the desk's questions and what answers them."""
    rows = []
    for asked in Asked:
        mine = [each.name for each in all_examinations().values() if each.answers == asked]
        links = ", ".join(f"[{name}](examinations/{name}.md)" for name in mine)
        rows.append((asked.wording, links or "no examination yet"))
    return table(("question", "examinations"), rows)


def verify_steps() -> str:
    """What verify looks at, as its module says it."""
    steps = inspect.getdoc(checking) or ""
    return steps[steps.index("1. ") :]


def commands() -> str:
    """Every command with its arguments and options, as click knows them."""
    parts = []
    for path, command in walk_commands(entrance, ("earwitness",)):
        context = click.Context(command, info_name=" ".join(path))
        parts.append(f"## `{' '.join(path)}`")
        parts.append(f"```text\n{context.get_usage().removeprefix('Usage: ')}\n```")
        parts.append(inspect.cleandoc(command.help or ""))
        options = [each for each in command.params if isinstance(each, click.Option)]
        if options:
            parts.append(table(("option", "what it does"), [_option(each) for each in options]))
    return "\n\n".join(parts)


def walk_commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all that are under it, with the words by which each is called."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk_commands(child, (*path, name))


def _option(option: click.Option) -> tuple[str, str]:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    names = ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))
    said = [option.help or ""]
    if isinstance(option.type, click.Choice):
        said.append("One of " + ", ".join(f"`{each}`" for each in option.type.choices) + ".")
    if option.multiple:
        said.append("May be given several times.")
    if option.required:
        said.append("Must be given.")
    if option.show_default and option.default is not None:
        said.append(f"By default `{option.default}`.")
    return names, " ".join(part for part in said if part)


def exit_codes() -> str:
    """What each exit code means."""
    return table(("code", "meaning"), [(f"`{code.value}`", code.meaning) for code in ExitCode])


def settings() -> str:
    """Every key of case.toml, from the model that checks it."""
    schema = CaseFile.model_json_schema()
    parts = []
    for heading, described in case_file_tables(schema):
        rows = [
            (f"`{key}`", _kind(value, schema), _default(value), _said(value))
            for key, value in described["properties"].items()
            if not _is_table(key, value, schema)
        ]
        parts += [f"### {heading}", described["description"]]
        parts.append(table(("key", "type", "default", "what it says"), rows))
    return "\n\n".join(parts)


def case_file_tables(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The top of case.toml, and each table in it, with its model's schema."""
    yield "At the top", schema
    for key, value in schema["properties"].items():
        model = _model(value, schema)
        if model is not None:
            yield f"`[{key}]`", model
        elif value.get("type") == "array" and "$ref" in value["items"]:
            yield f"`[[{key}]]`", _resolve(value["items"], schema)


def _is_table(key: str, value: Schema, schema: Schema) -> bool:
    is_array = value.get("type") == "array" and "$ref" in value["items"]
    return is_array or _model(value, schema) is not None


def _model(value: Schema, schema: Schema) -> Schema | None:
    resolved = _resolve(value, schema)
    return resolved if "properties" in resolved else None


def _resolve(value: Schema, schema: Schema) -> Schema:
    for reference in [value, *value.get("allOf", [])]:
        if "$ref" in reference:
            found: Schema = schema["$defs"][reference["$ref"].rpartition("/")[2]]
            return found
    return value


def _kind(value: Schema, schema: Schema) -> str:
    resolved = _resolve(value, schema)
    if "enum" in resolved:
        return "one of " + ", ".join(f"`{each}`" for each in resolved["enum"])
    if "const" in resolved:
        return f"`{json.dumps(resolved['const'])}`"
    if "properties" in resolved:
        return f"[{resolved['title']}](#{resolved['title'].lower()})"
    if "anyOf" in resolved:
        return " or ".join(_kind(each, schema) for each in resolved["anyOf"])
    if resolved.get("type") == "array":
        return f"list of {_kind(resolved['items'], schema)}"
    if resolved.get("type") == "object":
        return "table"
    if resolved.get("pattern") == "^[0-9a-f]{64}$":
        return "SHA-256, 64 digits"
    return _TYPES.get(resolved.get("type", ""), "any") + _bounds(resolved)


def _bounds(value: Schema) -> str:
    words = (("exclusiveMinimum", "above"), ("minimum", "at least"), ("maximum", "at most"))
    return "".join(f", {word} {value[key]:g}" for key, word in words if key in value)


def _default(value: Schema) -> str:
    return f"`{json.dumps(value['default'])}`" if "default" in value else ""


def _said(value: Schema) -> str:
    return str(value.get("description", ""))


def error_classes() -> str:
    """Every error: what it means, how a command ends with it, and what it says when."""
    tree = inspect.getdoc(errors) or ""
    parts = ["```text\n" + tree[tree.index("EarwitnessError") :] + "\n```"]
    messages = read_source.messages()
    for error in all_errors():
        code = ExitCode.CASE if issubclass(error, CaseError) else ExitCode.REFUSED
        parts.append(f"## {error.__name__}")
        parts.append((inspect.getdoc(error) or "").partition("\n\n")[0])
        parts.append(f"Exit code `{code.value}`." if error is not errors.WorkerDied else _DIED)
        said = [
            f"- `{what}`" + (f": {do}" if do else "")
            for what, do in messages.get(error.__name__, [])
        ]
        if said and error is not EarwitnessError:
            parts.append("It says, and advises:\n\n" + "\n".join(said))
    return "\n\n".join(parts)


_DIED = (
    f"It is not raised: it stands in an outcome that failed. Exit code `{ExitCode.FAILED.value}`."
)


def all_errors() -> list[type[EarwitnessError]]:
    """The tree of errors, from its root, each above its own."""

    def below(error: type[EarwitnessError]) -> Iterator[type[EarwitnessError]]:
        yield error
        for child in error.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from below(child)

    return list(below(EarwitnessError))


def report_parts() -> str:
    """Every field of a report in JSON."""
    schema = ReportData.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    parts = []
    for model in models:
        rows = [
            (f"`{key}`", _kind(value, schema), _said(value))
            for key, value in model["properties"].items()
        ]
        parts += [f"### {model['title']}", model["description"]]
        parts.append(table(("field", "type", "what it says"), rows))
    return "\n\n".join(parts)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "errors": error_classes,
    "examinations": examinations_list,
    "examinations-short": examinations_short,
    "exit-codes": exit_codes,
    "report": report_parts,
    "settings": settings,
    "verify": verify_steps,
}
