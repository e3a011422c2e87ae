"""What Python's json makes of the text of a list: integers as they are written, and objects with a name in them twice.

Owns the decoders. Which values count is for `json_format`.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

MARK = "NaN"
"""Written in this way only, and in no JSON, though Python reads it: where a text is without it, it is where we put it.
"""

CONSTANTS = {MARK: math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class RepeatingObject(dict[str, Any]):
    """An object with a name in it twice. JSON does not say which value counts."""

    def __init__(self, members: Sequence[tuple[str, Any]]) -> None:
        super().__init__(members)
        names = [name for name, _ in members]
        self.repeated = {name for name in self if names.count(name) > 1}


class Digits(str):
    """An integer, as it is written: it may be an id, and have any length."""

    __slots__ = ()


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    members_by_name = dict(members)
    return members_by_name if len(members_by_name) == len(members) else RepeatingObject(members)


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=Digits, parse_constant=CONSTANTS.__getitem__)

BLIND_DECODER = json.JSONDecoder(parse_int=Digits, parse_constant=CONSTANTS.__getitem__)
"""The same, blind to names that are there twice, in two thirds of the time."""
