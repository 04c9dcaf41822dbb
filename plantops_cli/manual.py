"""The manual page ``plantops(1)``, written from the command tree; ``docs/make_reference.py`` keeps the shipped one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = """\
.\\" Written by "plantops --generate-man". Changes belong into the help texts.
.TH PLANTOPS 1 "" "PlantOps {version}" "PlantOps manual"
.SH NAME
plantops \\- watch over plants: sensors, readings, alerts, care
.SH SYNOPSIS
.B plantops
.RI [ OPTION ]\\&... " COMMAND " [ ARGUMENT ]...
.SH DESCRIPTION
{help}"""

_ENVIRONMENT = {
    "PLANTOPS_URL": "The server, when --url is not given.",
    "PLANTOPS_TOKEN_FILE": "The file with the API token, when --token-file is not given.",
    "NO_COLOR": "When set: no colours.",
}


def page(spec: Mapping[str, Any]) -> str:
    """The manual as roff, from what :func:`plantops_cli.command_tree.spec` tells."""
    lines = [_HEAD.format(version=_text(spec["version"]), help=_text(spec["help"]))]
    noun = ""
    for command in spec["commands"]:
        first = command["command"].split()[0]
        if first != noun:
            noun = first
            lines.append(f'.SH "{_text(noun.upper())}"')
        lines += _command(command)
    lines.append('.SH "OPTIONS OF THE PROGRAM"')
    lines += _parameters(spec["options"])
    lines += [
        '.SH "SHARED OPTIONS"',
        "Every command takes those of these that make sense for it, at any place.",
    ]
    lines += _parameters(spec["shared_options"])
    lines.append('.SH "EXIT STATUS"')
    for code, meaning in spec["exit_codes"].items():
        lines += [".TP", f".B {code}", _text(meaning)]
    lines.append(".SH ENVIRONMENT")
    for name, meaning in _ENVIRONMENT.items():
        lines += [".TP", f".B {name}", _text(meaning)]
    return "\n".join(lines) + "\n"


def _command(command: Mapping[str, Any]) -> Iterator[str]:
    yield f'.SS "{_text(command["usage"])}"'
    yield _text(command["summary"])
    for paragraph in command["details"]:
        yield ".PP"
        yield _text(paragraph)
    yield from _parameters([*command["arguments"], *command["options"]])
    if command["examples"]:
        yield from (".PP", "Examples:", ".PP", ".EX")
        yield from map(_text, command["examples"])
        yield ".EE"


def _parameters(params: list[Mapping[str, Any]]) -> Iterator[str]:
    for param in params:
        yield ".TP"
        yield _heading(param)
        yield " ".join([_text(param.get("help", "")), _text(_default(param))]).strip() or "\\&"


def _heading(param: Mapping[str, Any]) -> str:
    """Names in bold, the place of the value in italics: ``-o, --output table|json``."""
    value = "|".join(map(str, param.get("choices", []))) or param.get("metavar") or param["type"].upper()
    if "name" in param:
        return f"\\fI{_text(param['name'])}\\fR"
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in [*param["names"], *param.get("names_for_no", [])])
    return names if param["type"] == "flag" else f"{names} \\fI{_text(value)}\\fR"


def _default(param: Mapping[str, Any]) -> str:
    default = param.get("default")
    if default is None or isinstance(default, bool) or "default:" in param.get("help", ""):
        return ""
    return f"Default: {default}."


def _text(value: str) -> str:
    """Text that roff prints as it is: no escapes, no requests, hyphens that can be copied, quotes that end nothing."""
    safe = value.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    ascii_only = "".join(sign if sign.isascii() else f"\\[u{ord(sign):04X}]" for sign in safe)
    return re.sub(r"^(?=[.'])", r"\\&", ascii_only, flags=re.MULTILINE)
