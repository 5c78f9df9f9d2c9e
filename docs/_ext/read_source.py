"""Reads from the program's source what is said at run time only: limits of findings, error messages."""

from __future__ import annotations

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import earwitness
from earwitness import errors


def limits_of(function: Callable[..., Any]) -> list[str]:
    """Every sentence that an examination may give as a limit of its findings.

    They are the texts in the ``limits`` of each Finding that its module makes, followed through the
    module's own constants and functions; what is filled in at run time shows as an ellipsis.
    """
    module = sys.modules[function.__module__]
    tree = ast.parse(inspect.getsource(module))
    named = _named(tree)
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Finding":
            for keyword in node.keywords:
                if keyword.arg == "limits":
                    found += _sentences(keyword.value, named, set())
    return list(dict.fromkeys(found))


def _named(tree: ast.Module) -> dict[str, ast.AST]:
    """A module's constants and functions, by name."""
    named: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            named[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            named[node.target.id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
    return named


def _sentences(node: ast.AST, named: Mapping[str, ast.AST], seen: set[str]) -> Iterator[str]:
    text = _text(node)
    if text is not None:
        if text.endswith(".") and " " in text:
            yield text
        return
    if isinstance(node, ast.Name) and node.id in named and node.id not in seen:
        yield from _sentences(named[node.id], named, seen | {node.id})
        return
    body = node.body if isinstance(node, ast.FunctionDef) else ast.iter_child_nodes(node)
    for child in body:
        yield from _sentences(child, named, seen)


def messages() -> Mapping[str, list[tuple[str, str]]]:
    """What each class of error says where it is made, and what it advises."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(Path(earwitness.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and hasattr(errors, _name(node.func)) and node.args:
                what = _text(node.args[0])
                advice = [_text(keyword.value) for keyword in node.keywords if keyword.arg == "do"]
                said = (what or "", (advice[0] or "") if advice else "")
                if what:
                    found[_name(node.func)].append(said)
    return {name: _without_repeats(said) for name, said in found.items()}


def _without_repeats(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each message once; with its advice, if it gives any anywhere."""
    advised = {what for what, advice in said if advice}
    return list(dict.fromkeys(each for each in said if each[1] or each[0] not in advised))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST) -> str | None:
    """A text in the source; None if it is none. What is filled in at run time is an ellipsis."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    return None
