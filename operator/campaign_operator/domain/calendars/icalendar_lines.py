"""The lines of an iCalendar file (RFC 5545): folded lines are put together, and a property is taken apart.

Owns the form of a line, and knows nothing of what it means.
"""

import re
from collections.abc import Iterator
from io import StringIO
from typing import NamedTuple

from campaign_operator.domain.calendars.gathered_dates import STEP

_PROPERTY = re.compile(
    r"""([A-Za-z0-9-]++)((?:;[^:;="]++=(?:"[^"]*+"|[^":;]++)*+)*+):(.*)""",
    re.DOTALL,
)
_PARAMETER = re.compile(r""";([^:;="]++)=((?:"[^"]*+"|[^":;]++)*+)""")
_FOLDED = (" ", "\t")
_LONGEST_NAME = 64
_STEP = STEP // 4  # since every fifth line may end an event, which takes more time
_CHARACTERS_LIKE_A_LINE = 32
"""A line may list thousands of dates, each of which takes a third of the time of a line."""


class ContentLine(NamedTuple):
    """A line as a whole. `number`: of its first part."""

    number: int
    text: str

    @property
    def name(self) -> str:
        """What stands before the first `:` or `;`, as it is looked for."""
        return re.split("[:;]", self.text[:_LONGEST_NAME], maxsplit=1)[0].strip().upper()


class Property(NamedTuple):
    """A name with parameters and a value."""

    line: int
    name: str
    parameters: dict[str, str]
    value: str


def content_lines(text: str) -> Iterator[ContentLine | None]:
    """The lines that are not blank; None after each step."""
    begin, parts, since_step = 0, list[str](), 0
    for number, line in enumerate(StringIO(text, newline="\n"), start=1):
        if parts and line.startswith(_FOLDED):
            parts.append(line[1:].removesuffix("\n"))
        else:
            if parts:
                yield ContentLine(begin, "".join(parts))
            begin, parts = number, [line.removesuffix("\n")] if line.strip() else []
        since_step += 1 + len(line) // _CHARACTERS_LIKE_A_LINE
        if since_step >= _STEP:
            since_step = 0
            yield None
    if parts:
        yield ContentLine(begin, "".join(parts))


def read_property(line: ContentLine) -> Property | None:
    """The property in a line, or None where it is none."""
    found = _PROPERTY.fullmatch(line.text)
    if found is None:
        return None
    parameters = {name.upper(): value.strip('"').upper() for name, value in _PARAMETER.findall(found[2])}
    return Property(line.number, found[1].upper(), parameters, found[3].strip())
