"""Contacts from JSON, an array of objects, and from NDJSON, an object on each line; in any pieces.

Owns where an object begins and ends; what is in it is for `json_objects`. An array is never held as a whole: its
elements are taken from the text that there is.

Most lists are written by a program, and each object looks like the one before. So a text is read as a whole, with a
mark wherever an object seems to end. If the marks turn out to stand between all the elements, that was right. Else the
same text is read one element after another, in three times the time.

A line of NDJSON that is no JSON is one invalid row, since the next line stands by itself. In an array nothing can be
understood after such an element.
"""

import json
import re
from enum import Enum, auto
from itertools import accumulate, repeat

from campaign_operator.domain.contacts.contact_list import ListLimits, ListSource, UnreadableListError
from campaign_operator.domain.contacts.contact_tally import ContactTally
from campaign_operator.domain.contacts.json_objects import DECODER, MARK, Objects

_SPACE = re.compile(r"[ \t\r\n]*")
# A string that is whole, a quote of one that is not, or what elements are made of.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"|["{}\[\],]', re.DOTALL)
# What stands between an object and the first value of the next one.
_BETWEEN_OBJECTS = re.compile(r'([ \t\r\n]*,[ \t\r\n]*)(\{[ \t\r\n]*"[^"\\]*")')
# What a number may go on with in the next piece of text, the end of which does not belong to it yet.
_MAY_BE_MORE = frozenset({"", ".", "e", "E", "e+", "e-", "E+", "E-"})
_COMMA_AT_THE_END = re.compile(r",\s*\Z")
_TOO_DEEP = "is nested too deeply"
_EMPTY = "is empty; at least one contact is needed"


class _State(Enum):
    BEFORE = auto()
    FIRST = auto()
    ELEMENT = auto()
    BEHIND_ELEMENT = auto()
    AFTER = auto()


class JSONContacts:
    """The elements of one array, told to the tally. `line` is where the text so far ends."""

    def __init__(self, source: ListSource, limits: ListLimits, tally: ContactTally) -> None:
        self._longest = limits.max_record_characters
        self._tally = tally
        self._objects = Objects(source, tally)
        self._state = _State.BEFORE
        self._text = ""
        # Up to where the text is done with, and the line there.
        self._at = 0
        self._line = 1

    @property
    def line(self) -> int:
        """The line on which the next character stands."""
        return self._line + self._text.count("\n", self._at)

    def feed(self, text: str) -> None:
        """More of the list. Raises UnreadableListError."""
        self._text = self._text[self._at :] + text
        self._at = 0
        self._read(final=False)

    def finish(self) -> None:
        """There is no more. Raises UnreadableListError."""
        self._read(final=True)
        if self._state is _State.BEFORE:
            raise UnreadableListError(_EMPTY)
        if self._state is not _State.AFTER:
            raise UnreadableListError("is cut off: the array is never closed", self._line)
        if not self._tally.rows_of_list:
            raise UnreadableListError("is an empty array; at least one contact is needed")
        self._objects.finish()

    def _read(self, *, final: bool) -> None:
        looked_ahead = False
        try:
            while self._skip_space() < len(self._text):
                if self._text[self._at] == "]" and self._state in (_State.FIRST, _State.BEHIND_ELEMENT):
                    self._state = _State.AFTER
                    self._at += 1
                elif self._state in (_State.FIRST, _State.ELEMENT):
                    if not self._read_element(final=final):
                        return
                    # Once for a text: where it is in vain it would be so after each element.
                    if not looked_ahead:
                        self._read_objects()
                        looked_ahead = True
                else:
                    self._read_sign(self._text[self._at])
        finally:
            self._objects.flush()

    def _skip_space(self) -> int:
        space = _SPACE.match(self._text, self._at)
        if space is not None:
            self._pass_to(space.end())
        return self._at

    def _pass_to(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _read_sign(self, sign: str) -> None:
        """What may stand between elements, and before and after all of them."""
        if self._state is _State.BEFORE and sign == "[":
            self._state = _State.FIRST
        elif self._state is _State.BEHIND_ELEMENT and sign == ",":
            self._state = _State.ELEMENT
        elif self._state is _State.BEFORE and sign == "{":
            message = "is a JSON object; an array of objects is expected, or NDJSON: one object on each line"
            raise UnreadableListError(message, self._line)
        elif self._state is _State.BEFORE:
            raise UnreadableListError("is not a JSON array of objects", self._line)
        elif self._state is _State.AFTER:
            raise UnreadableListError("has something else after the end of the array", self._line)
        else:
            raise UnreadableListError(
                "is not JSON from here on: a comma or the end of the array is expected", self._line
            )
        self._at += 1

    def _read_element(self, *, final: bool) -> bool:
        """Take the element that begins here; False if it is not all there yet."""
        if self._state is _State.ELEMENT and self._text[self._at] == "]":
            message = "has a comma after its last element; take out the comma before the end of the array"
            raise UnreadableListError(message, self._line)
        try:
            element, end = DECODER.raw_decode(self._text, self._at)
        except RecursionError:
            raise UnreadableListError(_TOO_DEEP, self._line) from None
        except json.JSONDecodeError as error:
            if final or _is_whole(self._text, self._at):
                line = self._line + self._text.count("\n", self._at, error.pos)
                raise UnreadableListError(f"is not JSON from here on: {error.msg}", line) from None
            end = len(self._text)
        # A number that ends the text may go on in the next piece; whatever it is, what follows tells.
        incomplete = not final and self._text[end : end + 3] in _MAY_BE_MORE
        if end - self._at > self._longest:
            message = f"has an element of more than {self._longest} characters, the limit"
            raise UnreadableListError(message, self._line)
        if incomplete:
            return False
        self._objects.add(self._line, element)
        self._pass_to(end)
        self._state = _State.BEHIND_ELEMENT
        return True

    def _read_objects(self) -> None:
        """Take the objects that follow the element just read, if there is the same between all of them."""
        found = _BETWEEN_OBJECTS.match(self._text, self._at)
        if found is None:
            return
        begin, between = found.start(2), "}" + found.group()
        end = self._text.rfind(between, begin) + 1
        text = self._text[begin:end]
        if not 0 < len(text) <= self._longest or MARK in text:
            return
        marked = text.replace(between, f"}}{found[1]}{MARK},{found[2]}")
        line = self._line + found[1].count("\n")
        if "\n" in text:
            *lines, _ = accumulate(map(str.count, marked.split(MARK), repeat("\n")), initial=line)
        else:
            lines = [line] * (text.count(between) + 1)
        if self._objects.add_all(lines, marked):
            self._pass_to(end)


class NDJSONContacts:
    """The lines of one list, told to the tally. `line` is where the text so far ends."""

    def __init__(self, source: ListSource, limits: ListLimits, tally: ContactTally) -> None:
        self._longest = limits.max_record_characters
        self._tally = tally
        self._objects = Objects(source, tally)
        self._pending = ""
        self._line = 1

    @property
    def line(self) -> int:
        """The line on which the next character stands."""
        return self._line

    def feed(self, text: str) -> None:
        """More of the list. Raises UnreadableListError."""
        text, line_end, self._pending = (self._pending + text).rpartition("\n")
        try:
            if line_end and not self._read_lines(text):
                for line in text.split("\n"):
                    self._read_line(line)
            if len(self._pending) >= self._longest:
                raise self._too_long()
        finally:
            self._objects.flush()

    def finish(self) -> None:
        """There is no more. Raises UnreadableListError."""
        self._read_line(self._pending)
        self._objects.flush()
        if not self._tally.rows_of_list:
            raise UnreadableListError(_EMPTY)
        self._objects.finish()

    def _read_lines(self, text: str) -> bool:
        """Read lines of which each is JSON; False, and nothing read, if they are not just that or may be too long."""
        lines = range(self._line, self._line + text.count("\n") + 1)
        if len(text) >= self._longest or MARK in text:
            return False
        if not self._objects.add_all(lines, text.replace("\n", f",{MARK},")):
            return False
        self._line = lines.stop
        return True

    def _read_line(self, text: str) -> None:
        # Its end counts, as in CSV.
        if len(text) >= self._longest:
            raise self._too_long()
        if _SPACE.fullmatch(text) is None:
            try:
                self._objects.add(self._line, DECODER.decode(text))
            except RecursionError:
                self._objects.reject(self._line, _TOO_DEEP)
            except json.JSONDecodeError as error:
                self._objects.reject(self._line, _not_json(text, error))
        self._line += 1

    def _too_long(self) -> UnreadableListError:
        return UnreadableListError(f"has a line of more than {self._longest} characters, the limit", self._line)


def _not_json(line: str, error: json.JSONDecodeError) -> str:
    """Why a line of NDJSON is not read."""
    before_comma = _COMMA_AT_THE_END.sub("", line)
    # Behind the one value of the line there is the comma and nothing else.
    if before_comma != line and len(line[: error.pos].rstrip()) == len(before_comma.rstrip()):
        return "has a comma at the end of the line, as in an array; take out the comma at the end of each line"
    return f"is not JSON: {error.msg}"


def _is_whole(text: str, start: int) -> bool:
    """Whether the element that begins there is all there, judged by brackets and quotes alone."""
    depth = 0
    for found in _STRUCTURE.finditer(text, start):
        match found.group():
            case '"':
                return False
            case "{" | "[":
                depth += 1
            case "}" | "]":
                depth -= 1
                if depth <= 0:
                    return True
            case ",":
                if depth == 0:
                    return True
    return False
