"""Joins listed ES modules into one classic script: the worker's, which not every browser takes as a module."""

import posixpath
import re
from collections.abc import Mapping, Sequence

IMPORT = re.compile(r'^import (\{[^}]*\}|\* as \w+) from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)
NAME = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
NAMED = re.compile(r"""["'`](\.{1,2}/[\w./-]+\.js)["'`]""")
BROUGHT = re.compile(r'^import [^"]*"(\.{1,2}/[\w./-]+\.js)";$', re.MULTILINE)
LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


class NotLinked(ValueError):
    """A module that cannot be joined: it names one that is not listed before it, or is written in a way not known."""


def link(modules: Mapping[str, str], order: Sequence[str]) -> str:
    """Return one script of these modules: each in a scope of its own, handing what it exports to those after it."""
    script = ['"use strict";', "const modules = {};"]
    for place, path in enumerate(order):
        script.append(_scope(path, modules[path], order[:place]))
    return "\n".join(script) + "\n"


def _scope(path: str, text: str, known: Sequence[str]) -> str:
    names = ", ".join(NAME.findall(text))

    def bring(found: re.Match[str]) -> str:
        what, named = found.groups()
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
        if wanted not in known:
            raise NotLinked(f"{path} needs {wanted}, which is not listed before it")
        what = what.removeprefix("* as ").replace(" as ", ": ")
        return f'const {what} = modules["{wanted}"];'

    body = EXPORT.sub("", IMPORT.sub(bring, text))
    if odd := LEFT.search(body):
        raise NotLinked(f"{path}: {odd.group().strip()}")
    return f'modules["{path}"] = (() => {{\n{body}\nreturn {{ {names} }};\n}})();'


def needed(files: Mapping[str, str], begin: Sequence[str]) -> list[str]:
    """Return these scripts and every script that they name by a relative path, and so on, sorted."""
    return _followed(files, begin, NAMED)


def brought(files: Mapping[str, str], begin: str) -> list[str]:
    """Return this module and every one that has to be there before it runs, sorted."""
    return _followed(files, [begin], BROUGHT)


def _followed(files: Mapping[str, str], begin: Sequence[str], form: re.Pattern[str]) -> list[str]:
    found, asked = set[str](), list(begin)
    while asked:
        path = asked.pop()
        if path in found or path not in files:
            continue
        found.add(path)
        folder = posixpath.dirname(path)
        asked += [posixpath.normpath(posixpath.join(folder, name)) for name in form.findall(files[path])]
    return sorted(found)
