"""Writes `docs/api.md`, the field reference of the resource, out of the CustomResourceDefinition.

So the page says what the API server enforces, in the words that `kubectl explain` prints. What a definition has no
place for is taken from `vocabulary`: names of annotations, and what a value of an enumeration means, which is the
docstring below it.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from itertools import pairwise

from campaign_operator.api import vocabulary
from campaign_operator.api.crd import Schema, custom_resource_definition
from campaign_operator.api.delimiter import Delimiter
from campaign_operator.api.vocabulary import (
    CANCEL_FINALIZER,
    GROUP,
    HAS_RUN_ANNOTATION,
    KIND,
    PLURAL,
    REQUESTED_AT_ANNOTATION,
    RESOLVE_ANNOTATION,
    VERSION,
)

_WIDTH = 120
_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)

_HEAD = f"""\
<!-- Generated from operator/campaign_operator/api by `make generate`; do not edit. -->

# {KIND}

Every field of the resource, with the limits that the API server enforces. You write `spec`; the operator writes
`status`. `kubectl explain {PLURAL}.spec` prints the same descriptions.

Each entry gives the path of the field, its type, whether it is required, its default and its limits. A rule is a CEL
expression that must be true, with the message that you see when it is not. A time is in the form of RFC 3339, in UTC,
such as `2026-11-25T09:00:00Z`. Server-side apply replaces an atomic list as a whole.

[architecture.md](architecture.md#states-of-a-run) explains the states of a run,
[reliability.md](reliability.md#states-of-a-window) the states of a window, and [runbook.md](runbook.md) every reason.
"""

_METADATA = {
    REQUESTED_AT_ANNOTATION: (
        "Annotation, set by you. A new value makes the operator look at the campaign again now; "
        "`status.lastHandledRequest` then has the value. See "
        "[runbook.md](runbook.md#make-the-operator-look-again-now)."
    ),
    RESOLVE_ANNOTATION: (
        "Annotation, set by you. Says what you found at the dialer, in entries separated by commas: "
        "`RUN/ZONE=Resubmit`, `RUN/ZONE=Abandon` or `RUN/ZONE=` and the identifier of a schedule (see "
        "[WindowHeld](runbook.md#windowheld)), and `unknown/ZONE=Ignore` (see "
        "[UnknownSchedules](runbook.md#unknownschedules)). `status.lastHandledResolve` then has the value."
    ),
    HAS_RUN_ANNOTATION: (
        "Annotation, set by the operator. Says that the run of a campaign with `runPolicy: Once` was started, so that "
        "no second one is, even if the status is lost. See [AlreadyRun](runbook.md#alreadyrun)."
    ),
    CANCEL_FINALIZER: (
        "Finalizer, set by the operator before it submits anything. Keeps a deleted campaign until its schedules are "
        "cancelled, as `spec.deletionPolicy` says."
    ),
}


def render_reference() -> str:
    """The whole page."""
    (version,) = custom_resource_definition()["spec"]["versions"]
    parts = version["schema"]["openAPIV3Schema"]["properties"]
    blocks = [_HEAD, _resource(), _columns(version["additionalPrinterColumns"]), _metadata()]
    for part in ("spec", "status"):
        blocks += _sections(parts[part], part)
    return "\n".join(blocks)


def _resource() -> str:
    spec = custom_resource_definition()["spec"]
    names, (version,) = spec["names"], spec["versions"]
    rows = [
        ("apiVersion", f"`{GROUP}/{VERSION}`"),
        ("kind", f"`{names['kind']}`, list kind `{names['listKind']}`"),
        ("scope", spec["scope"]),
        ("names for kubectl", ", ".join(f"`{n}`" for n in (names["plural"], names["singular"], *names["shortNames"]))),
        ("categories", ", ".join(f"`{category}`" for category in names["categories"])),
        ("subresources", ", ".join(f"`{subresource}`" for subresource in version["subresources"])),
        ("field selectors", ", ".join(f"`{field['jsonPath'][1:]}`" for field in version["selectableFields"])),
    ]
    return "## Resource\n\n" + _table(("", ""), rows)


def _columns(columns: list[Schema]) -> str:
    rows = [
        (
            column["name"].upper(),
            column["type"],
            f"`{column['jsonPath'][1:]}`",
            "`-o wide`" if column.get("priority") else "always",
            _escaped(column["description"]),
        )
        for column in columns
    ]
    return "## Columns of `kubectl get`\n\n" + _table(("column", "type", "field", "shown", "meaning"), rows)


def _metadata() -> str:
    rows = [(f"`{name}`", meaning) for name, meaning in _METADATA.items()]
    return "## Annotations and finalizer\n\n" + _table(("name", "meaning"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def _sections(schema: Schema, path: str) -> Iterator[str]:
    """The section of an object, then those of the objects in it."""
    level = "##" if path in ("spec", "status") else "###"
    yield f"{level} `{path}`\n\n{_filled(_escaped(schema['description']))}"
    required = schema.get("required", ())
    yield "".join(_entry(field, f"{path}.{name}", name in required) for name, field in _fields(schema))
    if rules := "".join(_filled(rule, "- ") for rule in _rules(schema)):
        yield f"Rules for `{path}`:\n\n{rules}"
    for name, field in _fields(schema):
        inner, suffix = (field["items"], "[]") if field["type"] == "array" else (field, "")
        if "properties" in inner:
            yield from _sections(inner, f"{path}.{name}{suffix}")


def _fields(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema["properties"].items())


def _entry(field: Schema, path: str, required: bool) -> str:
    """A field, and below it what is said of its values. An object's rules are in its own section."""
    facts = ", ".join([_type(field, path), _presence(field, required), *_limits(field)])
    below = list(_details(field))
    if field["type"] == "array" and field["items"]["type"] != "object":
        below += [f"Each item: {limit}" for limit in _limits(field["items"])] + list(_details(field["items"]))
    entry = f"**`{path}`** ({facts}): {_escaped(field['description'])}"
    return _filled(entry, "- ") + "".join(_filled(each, "  - ") for each in below)


def _details(field: Schema) -> Iterator[str]:
    """What is too long to stand beside the type."""
    meanings = _meanings(field)
    yield from (f"`{value}`: {_escaped(meaning)}" for value, meaning in meanings.items())
    if "pattern" in field:
        yield f"Pattern `{field['pattern']}`"
    if field["type"] != "object" or "additionalProperties" in field:
        yield from (f"Rule {rule}" for rule in _rules(field))


def _type(field: Schema, path: str) -> str:
    match field:
        case {"type": "object", "additionalProperties": each}:
            return f"map of strings to {_type(each, path)}s"
        case {"type": "object"}:
            return f"[object](#{_anchor(path)})"
        case {"type": "array", "items": {"type": "object"}}:
            return f"{_list_kind(field)} of [objects](#{_anchor(path)})"
        case {"type": "array", "items": items}:
            return f"{_list_kind(field)} of {_type(items, path)}s"
        case {"format": "date-time"}:
            return "time"
        case _:
            return str(field["type"])


def _list_kind(field: Schema) -> str:
    if field.get("x-kubernetes-list-type") == "map":
        return f"list (one for each {', '.join(f'`{key}`' for key in field['x-kubernetes-list-map-keys'])})"
    return "atomic list"


def _anchor(path: str) -> str:
    """The fragment that GitHub gives to the heading of a section."""
    return re.sub(r"[^\w-]", "", path.lower())


def _presence(field: Schema, required: bool) -> str:
    if required:
        return "required"
    if "default" not in field:
        return "optional"
    value = field["default"]
    if isinstance(value, dict) and value == {n: f["default"] for n, f in _fields(field) if "default" in f}:
        return "default: that of each of its fields"
    return f"default `{value if isinstance(value, str) and value else json.dumps(value)}`"


def _limits(field: Schema) -> Iterator[str]:
    if "enum" in field and not _meanings(field):
        yield "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("format") == "date-time":
        return  # its length is a matter of its form
    for least, most, unit in _BOUNDS:
        low, high = field.get(least), field.get(most)
        if low is not None and high is not None:
            yield (f"{low:,}" if low == high else f"{low:,} to {high:,}") + unit
        elif low is not None:
            yield f"at least {low:,}{unit}"
        elif high is not None:
            yield f"at most {high:,}{unit}"


def _rules(schema: Schema) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        at = f" (reported at `{rule['fieldPath'][1:]}`)" if "fieldPath" in rule else ""
        yield f"`{rule['rule']}`: {_escaped(rule['message'])}{at}"


def _meanings(field: Schema) -> dict[str, str]:
    """What each value means, where the enumeration says it."""
    return _words().get(tuple(field.get("enum", ())), {})


@cache
def _words() -> dict[tuple[str, ...], dict[str, str]]:
    """The docstrings of enumerations' members, by the values of the enumeration: a schema does not know its name."""
    words = [*vars(vocabulary).values(), Delimiter]
    enumerations = [each for each in words if inspect.isclass(each) and issubclass(each, StrEnum)]
    return {tuple(enumeration): dict(_docstrings(enumeration)) for enumeration in enumerations if len(enumeration)}


def _docstrings(enumeration: type[StrEnum]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(inspect.getsource(enumeration)).body
    for node, below in pairwise(ast.iter_child_nodes(definition)):
        match node, below:
            case ast.Assign([ast.Name(name)]), ast.Expr(ast.Constant(str(text))):
                yield enumeration[name].value, " ".join(text.split())


def _filled(text: str, bullet: str = "") -> str:
    """Markdown in lines of the width, where a code span is never broken."""
    unbroken = re.sub(r"`[^`]+`", lambda span: span[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        " ".join(unbroken.split()),
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "".join(f"{line}\n" for line in lines).replace("\0", " ")


def _escaped(text: str) -> str:
    """Plain text as Markdown, where an asterisk or a number sign would begin something at the start of a line."""
    return re.sub(r"[*#<]", r"\\\g<0>", text)
