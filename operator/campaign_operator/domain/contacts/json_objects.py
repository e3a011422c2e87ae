"""The objects of a JSON list: how they are decoded, and which of their members count.

Owns what is a value: a string, and for an id or a phone number also an integer, which stands for its digits. Where an
object begins and ends is `json_format`.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from campaign_operator.domain.contacts.blanks import all_trimmed
from campaign_operator.domain.contacts.contact_list import ListSource, UnreadableListError
from campaign_operator.domain.contacts.contact_tally import ContactTally, Fault, GatheredRows
from campaign_operator.wording import quoted

# Written in this way only, and in no JSON, though Python reads it: where a text is without it, it is where we put it.
MARK = "NaN"
"""What is put between objects that are decoded in one call."""

# With one of these in it a name can be written in several ways without \u, or be found across the end of a string.
_UNSURE_IN_A_NAME = re.compile(r'[\x00-\x1f"\\/,:]')
_MISSING = Fault("is missing")


class _RepeatingObject(dict[str, Any]):
    """An object with a name in it twice. JSON does not say which value counts."""

    def __init__(self, members: Sequence[tuple[str, Any]]) -> None:
        super().__init__(members)
        names = [name for name, _ in members]
        self.repeated = {name for name in self if names.count(name) > 1}


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    members_by_name = dict(members)
    return members_by_name if len(members_by_name) == len(members) else _RepeatingObject(members)


class _Digits(str):
    """An integer, as it is written: it may be an id, and have any length."""

    __slots__ = ()


_CONSTANTS = {MARK: math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_Digits, parse_constant=_CONSTANTS.__getitem__)
# The same, blind to names that are there twice, in two thirds of the time.
_BLIND = json.JSONDecoder(parse_int=_Digits, parse_constant=_CONSTANTS.__getitem__)


class Objects:
    """Decoded objects on their way to the tally."""

    def __init__(self, source: ListSource, tally: ContactTally) -> None:
        self._id_column = source.id_column
        self._zone_column = source.time_zone_column
        self._phone_column = source.phone_column
        # Columns of which a value may be missing or null, which is as good as an empty one.
        self._may_be_missing: tuple[str, ...] = ()
        if source.default_time_zone is not None:
            self._may_be_missing = (source.time_zone_column,)
        if source.phone_column is not None:
            self._may_be_missing = (source.time_zone_column, source.phone_column)
        # The column by which a zone is known that is not the default, which must not stand for a name that is wrong.
        self._telling, self._telling_field = source.time_zone_column, "timeZoneColumn"
        if source.phone_column is not None:
            self._telling, self._telling_field = source.phone_column, "phoneColumn"
        self._has_telling = source.default_time_zone is None
        self._tally = tally
        self._rows = GatheredRows(tally)
        self._quoted_names = [f'"{name}"' for name in source.columns]
        self._names_are_sure = not any(map(_UNSURE_IN_A_NAME.search, source.columns))

    def add_all(self, lines: Sequence[int], marked: str) -> bool:
        """Elements that begin on these lines, with `MARK` between each two of them and nowhere else; False, and none
        added, if the text is not just that."""
        if self._are_named_once(len(lines), marked) and self._add_columns(lines, _decoded(len(lines), marked, _BLIND)):
            return True
        elements = _decoded(len(lines), marked, DECODER)
        if not elements:
            return False
        if not self._add_columns(lines, elements):
            for line, element in zip(lines, elements, strict=True):
                self.add(line, element)
        return True

    def _are_named_once(self, count: int, text: str) -> bool:
        """Whether, if each of so many elements has every column, none has one of them twice."""
        if not self._names_are_sure or "\\u" in text:
            return False
        # Then each object that has a name has it in the text. As often as there are elements is once in each.
        return all(text.count(name) == count for name in self._quoted_names)

    def _add_columns(self, lines: Sequence[int], elements: Sequence[Any]) -> bool:
        """Add elements that all have every column; False, and none added, if they are not just that."""
        if set(map(type, elements)) != {dict}:
            return False
        ids = [element.get(self._id_column) for element in elements]
        zones = [element.get(self._zone_column) for element in elements]
        if not set(map(type, ids)) <= {str, _Digits} or set(map(type, zones)) != {str}:
            return False
        numbers = None
        if self._phone_column is not None:
            numbers = [element.get(self._phone_column) for element in elements]
            if not set(map(type, numbers)) <= {str, _Digits}:
                return False
        self._has_telling = True
        self._rows.flush()
        self._tally.take(lines, all_trimmed(ids), zones, numbers)
        return True

    def add(self, line: int, element: object) -> None:
        if not isinstance(element, dict):
            self.reject(line, f"is {_kind(element)} where an object is expected")
            return
        self._has_telling = self._has_telling or self._telling in element
        for column in self._may_be_missing:
            if element.get(column) is None:
                element[column] = ""
        contact_id, zone = element.get(self._id_column), element.get(self._zone_column)
        number = element.get(self._phone_column) if self._phone_column is not None else ""
        is_sure = not isinstance(element, _RepeatingObject)
        if is_sure and isinstance(contact_id, str) and type(zone) is str and isinstance(number, str):
            self._rows.add(line, contact_id, zone, number)
            return
        self._rows.flush()
        contact_id = _text(element, self._id_column, may_be_digits=True)
        zone = _text(element, self._zone_column)
        if self._phone_column is None:
            self._tally.take_row(line, contact_id, zone)
        else:
            self._tally.take_row(line, contact_id, zone, _text(element, self._phone_column, may_be_digits=True))

    def reject(self, line: int, message: str) -> None:
        self._rows.flush()
        self._tally.reject_row(line, message)

    def flush(self) -> None:
        self._rows.flush()

    def finish(self) -> None:
        """Raises UnreadableListError if the default would stand for a field that no object has: its name is wrong."""
        if not self._has_telling:
            missing = f"has no field {quoted(self._telling)} in any object"
            raise UnreadableListError(f"{missing}; set {self._telling_field} to its name in your list")


def _decoded(count: int, marked: str, decoder: json.JSONDecoder) -> Sequence[Any]:
    """So many elements, with the mark between each two of them; none at all if the text is not just that."""
    try:
        values = decoder.decode(f"[{marked}]")
    except (RecursionError, json.JSONDecodeError):
        return ()
    marks = count - 1
    # That a NaN equals nothing, itself included, does not matter: a list counts what is the same object, too.
    return values[::2] if len(values) == count + marks == count + values[1::2].count(_CONSTANTS[MARK]) else ()


def _text(element: dict[str, Any], column: str, *, may_be_digits: bool = False) -> str | Fault:
    if isinstance(element, _RepeatingObject) and column in element.repeated:
        return Fault("is there twice")
    value = element.get(column, _MISSING)
    if isinstance(value, float):
        return Fault("is a number with a fraction or an exponent; write it as a string, in quotes")
    if isinstance(value, str | Fault) and (may_be_digits or not isinstance(value, _Digits)):
        return value
    return Fault(f"is {_kind(value)} where a string is expected")


def _kind(value: object) -> str:
    match value:
        case _Digits():
            return "a number"
        case None:
            return "null"
        case bool():
            return "true or false"
        case float():
            return "a number"
        case str():
            return "a string"
        case dict():
            return "an object"
    return "an array"
