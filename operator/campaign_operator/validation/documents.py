"""The documents of a YAML or JSON text, with lines and without surprises.

Owns how a text is taken apart, as kubectl does it: at each line that begins with `---`. So an error in one document
hides none of the next. Duplicate keys, tags and anchors that contain themselves are problems; depth and number are
bounded. Reads no file and knows nothing of campaigns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from campaign_operator.validation.findings import Finding
from campaign_operator.validation.nodes import Fields, Items, Node, Scalar, ScalarValue, plain_scalar
from campaign_operator.wording import quoted

MAX_DOCUMENTS = 10_000
"""Documents in one file."""

MAX_DEPTH = 64
"""Lists and maps within each other."""

_MERGE_KEY = "<<"
_STRING_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp"))
_COLLECTION_TAGS = frozenset({"!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its tree, or None where it could not be read, and what is wrong with its YAML."""

    file: str
    line: int
    root: Node | None
    findings: tuple[Finding, ...] = ()


def read_documents(file: str, text: str, *, aliases: bool = True) -> Iterator[Document]:
    """The documents that are not empty, in their order. `aliases`: whether a value may stand for another one by its
    anchor, so that a short text can be a long document.
    """
    number = 0
    for first_line, part in _parts(text):
        if not _has_content(part):
            continue
        number += 1
        if number > MAX_DOCUMENTS:
            message = f"contains more than {MAX_DOCUMENTS} documents, and the rest is not read; split the file"
            yield Document(file, first_line, None, (Finding(file, first_line, "", message),))
            return
        document = _composed(file, first_line, part, aliases=aliases)
        if document is not None:
            yield document


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The text of each document with its first line."""
    first = 1
    lines: list[str] = []
    for number, line in enumerate(_lines(text), start=1):
        if re.match(r"---(\s|$)", line) and lines:
            yield first, "".join(lines)
            first, lines = number, []
        lines.append(line)
    if lines:
        yield first, "".join(lines)


def _lines(text: str) -> list[str]:
    # str.splitlines knows more line breaks than YAML has, and the lines would be counted wrong
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _has_content(part: str) -> bool:
    return any(
        line.strip() and not line.lstrip().startswith("#") and line.strip() not in ("---", "...")
        for line in _lines(part)
    )


def _composed(file: str, first_line: int, part: str, *, aliases: bool) -> Document | None:
    composer = _Composer(file, first_line, aliases)
    try:
        root = composer.compose(part)
    except _RefusedError as error:
        composer.note(error.line, str(error))
        root = None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        composer.note(first_line + (mark.line if mark else 0), _syntax_message(part, error))
        root = None
    except yaml.YAMLError as error:
        line, message = _unreadable(part, error)
        composer.note(first_line + line, message)
        root = None
    if root is None and not composer.findings:
        return None
    return Document(file, root.line if root else first_line, root, tuple(composer.findings))


class _RefusedError(Exception):
    """The document cannot be read any further."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class _Composer:
    """Makes the tree of one document from the parser's events."""

    file: str
    first_line: int
    aliases: bool
    findings: list[Finding] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)

    def note(self, line: int, message: str) -> None:
        self.findings.append(Finding(self.file, line, "", message))

    def compose(self, part: str) -> Node | None:
        """The tree of the first document, None where there is none."""
        events = iter(yaml.parse(part, Loader=_LOADER))
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _RefusedError(
                        self._line(event), "a second document starts here; put a line with --- before it"
                    )
                root = self._node(next(events), events, 0)
        return root

    def _line(self, event: Any) -> int:
        return self.first_line + int(event.start_mark.line)

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = self._line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(str(event.anchor), line)
        if depth > MAX_DEPTH:
            raise _RefusedError(line, f"is nested more than {MAX_DEPTH} levels deep")
        if event.anchor:
            self.anchors[event.anchor] = None
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(line, self._scalar(event, line))
        else:
            if event.tag is not None and event.tag not in _COLLECTION_TAGS:
                self.note(line, _tag_message(event.tag))
            if isinstance(event, yaml.SequenceStartEvent):
                node = self._list(line, events, depth)
            else:
                node = self._map(line, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _aliased(self, anchor: str, line: int) -> Node:
        if not self.aliases:
            raise _RefusedError(line, f"*{anchor} is not allowed here; write the value out")
        if anchor not in self.anchors:
            raise _RefusedError(line, f"*{anchor} refers to an anchor that does not exist; define &{anchor} first")
        node = self.anchors[anchor]
        if node is None:
            raise _RefusedError(line, f"*{anchor} refers to a value that contains it; write the value out")
        return node

    def _scalar(self, event: Any, line: int) -> ScalarValue:
        text = str(event.value)
        if event.tag is None:
            return plain_scalar(text) if event.implicit[0] else text
        if event.tag in _PLAIN_TAGS:
            return plain_scalar(text)
        if event.tag not in _STRING_TAGS:
            self.note(line, _tag_message(event.tag))
        return text

    def _list(self, line: int, events: Iterator[Any], depth: int) -> Items:
        node = Items(line)
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            node.items.append(self._node(event, events, depth + 1))
        return node

    def _map(self, line: int, events: Iterator[Any], depth: int) -> Fields:
        node, merged = Fields(line), []
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key_line = self._line(event)
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self.note(key_line, "a key must be a string, not a list or a map")
                continue
            name = _key_text(key.value)
            if name == _MERGE_KEY and not getattr(event, "style", "alias"):
                merged.append((key_line, value))
            elif name in node.fields:
                earlier = node.key_lines[name]
                self.note(key_line, f"duplicate key {quoted(name)}, already used on line {earlier}; remove one of them")
            else:
                node.fields[name], node.key_lines[name] = value, key_line
        for key_line, value in merged:
            self._merge(node, key_line, value)
        return node

    def _merge(self, node: Fields, key_line: int, value: Node) -> None:
        """YAML's `<<`: what is not written here is taken from there."""
        sources = value.items if isinstance(value, Items) else [value]
        for source in sources:
            if not isinstance(source, Fields):
                self.note(key_line, "<< must refer to a map or to a list of maps")
                continue
            for name, below in source.fields.items():
                if name not in node.fields:
                    node.fields[name], node.key_lines[name] = below, source.key_lines[name]


def _key_text(value: ScalarValue) -> str:
    """Keys are strings in JSON, whatever they look like."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _tag_message(tag: str) -> str:
    return f"Kubernetes does not support the tag {quoted(tag)}; remove it"


def _syntax_message(part: str, error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "it cannot be read")
    mark = error.problem_mark
    if (
        mark is not None
        and _lines(part)[mark.line : mark.line + 1]
        and "\t" in _lines(part)[mark.line][mark.column :][:1]
    ):
        return "is not valid YAML: found a tab; indent with spaces"
    context = f" ({error.context})" if error.context and error.problem else ""
    return f"is not valid YAML: {problem}{context}"


def _unreadable(part: str, error: yaml.YAMLError) -> tuple[int, str]:
    """Line, counted from 0, and message of a text with characters that YAML does not have."""
    odd = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", part)
    if odd is None:
        return 0, f"is not valid YAML: {error}".splitlines()[0]
    line = part.count("\n", 0, odd.start())
    return (
        line,
        f"is not valid YAML: the character U+{ord(odd.group()):04X} is not allowed; check that this is a text file",
    )
