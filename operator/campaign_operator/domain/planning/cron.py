"""When a campaign's runs are due: the cron expression of a spec, in floating (zone-less) time.

Owns the dialect: what is accepted, what it means, and what a person is told who wrote something else. It is
the dialect of a Kubernetes CronJob (the standard parser of https://github.com/robfig/cron, version 3) less
`TZ=`, `@every` and `?`, plus 7 for Sunday.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from campaign_operator.domain.errors import SpecError
from campaign_operator.wording import quoted

LONGEST_CRON: Final = 128
"""Characters in `spec.cron`, blanks included."""

YEARS_SEARCHED: Final = 10
"""29 February, the rarest date there is, comes round within 8 years."""

DESCRIPTORS: Final[Mapping[str, str]] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""What each descriptor stands for."""


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """A cron expression, every field expanded to the numbers it names: ascending, each once."""

    text: str = field(compare=False)
    """As written, for messages; two texts may name the same schedule."""

    minutes: tuple[int, ...]
    """0 to 59."""

    hours: tuple[int, ...]
    """0 to 23."""

    days_of_month: tuple[int, ...]
    """1 to 31."""

    months: tuple[int, ...]
    """1 to 12."""

    days_of_week: tuple[int, ...]
    """Counted from Sunday, 0."""

    day_of_month_restricted: bool
    """False if a part of the field is `*` or `*/1`."""

    day_of_week_restricted: bool
    """As above. If both are restricted, a day that either names is a match, as in every cron since Vixie's."""

    @property
    def expanded(self) -> str:
        """The same schedule as five plain lists, with `*` only for a day field that is not restricted."""
        return " ".join(
            (
                _listed(self.minutes),
                _listed(self.hours),
                _listed(self.days_of_month) if self.day_of_month_restricted else "*",
                _listed(self.months),
                _listed(self.days_of_week) if self.day_of_week_restricted else "*",
            )
        )


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> CronSchedule:
    """Read `spec.cron`: five fields separated by blanks, or a descriptor.

    Raises `SpecError` with the field, the character (counted from 1), the rule and, where there is one, the
    remedy; also for an expression that never matches.
    """
    words = _words(text)
    minutes, hours, days_of_month, months, days_of_week = (_expand(word) for word in words)
    schedule = CronSchedule(
        text=text,
        minutes=minutes.numbers,
        hours=hours.numbers,
        days_of_month=days_of_month.numbers,
        months=months.numbers,
        days_of_week=days_of_week.numbers,
        day_of_month_restricted=days_of_month.restricted,
        day_of_week_restricted=days_of_week.restricted,
    )
    if schedule.day_of_month_restricted and not schedule.day_of_week_restricted:
        _require_a_date(schedule, words[2])
    return schedule


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five fields.

    `last` is where `*` and `5/15` end; `highest` is the largest number that may be written.
    """

    name: str
    first: int
    last: int
    highest: int
    names: tuple[str, ...] = ()

    def numbered(self, name: str) -> int:
        return self.names.index(name) + self.first

    @property
    def values(self) -> str:
        numbers = f"a number from {self.first} to {self.highest}"
        return f"{numbers}, nor one of {', '.join(self.names)}" if self.names else numbers


_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY_OF_WEEK = _Field("day of week", 0, 6, 7, _DAY_NAMES)
_FIELDS: Final = (
    _Field("minute", 0, 59, 59),
    _Field("hour", 0, 23, 23),
    _Field("day of month", 1, 31, 31),
    _Field("month", 1, 12, 12, _MONTH_NAMES),
    _DAY_OF_WEEK,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an expression while it is read: of which field it is and at which character it begins."""

    expression: str
    field: _Field
    column: int
    text: str

    def error(self, message: str) -> SpecError:
        where = f"{self.field.name}, character {self.column}"
        return SpecError("spec.cron", f"{quoted(self.expression)}, {where}: {message}")

    def split(self, separator: str) -> "list[_Part]":
        parts, column = [], self.column
        for text in self.text.split(separator):
            parts.append(_Part(self.expression, self.field, column, text))
            column += len(text) + len(separator)
        return parts


@dataclass(frozen=True, slots=True)
class _Expanded:
    numbers: tuple[int, ...]
    restricted: bool


def _words(text: str) -> Sequence[_Part]:
    """The five fields, those of a descriptor as if they had been written."""
    if len(text) > LONGEST_CRON:
        raise SpecError("spec.cron", f"Too long: must be at most {LONGEST_CRON} characters, but is {len(text)}")
    _require_plain_characters(text)
    stripped = text.strip(" \t")
    if stripped.startswith("@"):
        text = _described(stripped)
    elif re.match(r"(CRON_)?TZ=", stripped, re.IGNORECASE):
        raise SpecError(
            "spec.cron",
            (
                f"{quoted(text)}: a time zone is not part of it; set spec.timeZone with startMode SameInstant, or "
                "remove it to use the time zone of each contact"
            ),
        )
    found = list(re.finditer(r"[^ \t]+", text))
    if len(found) != len(_FIELDS):
        raise SpecError("spec.cron", f"{quoted(text)} has {len(found)} fields; {_field_count_rule(len(found))}")
    return [_Part(text, field, word.start() + 1, word.group()) for field, word in zip(_FIELDS, found, strict=True)]


_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2212"
"""What word processors make of a hyphen."""


def _require_plain_characters(text: str) -> None:
    odd = re.search(r"[^\t -~]", text)
    if odd is None:
        return
    where = f"{quoted(text)}, character {odd.start() + 1}"
    if odd.group() in "\r\n":
        raise SpecError(
            "spec.cron", f"{where}: a line break; write it on one line, in quotes and without YAML's | or >"
        )
    remedy = "write - (a hyphen)" if odd.group() in _DASHES else "separate fields by spaces"
    raise SpecError("spec.cron", f"{where}: U+{ord(odd.group()):04X} is not allowed in cron; {remedy}")


def _described(descriptor: str) -> str:
    if descriptor in DESCRIPTORS:
        return DESCRIPTORS[descriptor]
    if descriptor.lower() in DESCRIPTORS:
        raise SpecError("spec.cron", f"{quoted(descriptor)}: descriptors are in lower case; write {descriptor.lower()}")
    if descriptor.lower().startswith("@every"):
        raise SpecError(
            "spec.cron",
            (
                f"{quoted(descriptor)}: @every has no time of day; write a step, such as */15 * * * * for every 15 "
                "minutes"
            ),
        )
    raise SpecError("spec.cron", f"{quoted(descriptor)} is not one of the descriptors {', '.join(DESCRIPTORS)}")


def _field_count_rule(count: int) -> str:
    order = f"write {', '.join(field.name for field in _FIELDS)}, such as 0 9 * * 1-5"
    return f"seconds and years are not supported; {order}" if count > len(_FIELDS) else order


def _expand(word: _Part) -> _Expanded:
    numbers: set[int] = set()
    restricted = True
    for item in word.split(","):
        item_numbers = _item_numbers(item)
        numbers.update(item_numbers)
        if item.text.startswith("*") and item_numbers.step == 1:
            restricted = False
    if word.field is _DAY_OF_WEEK:
        numbers = {number % 7 for number in numbers}
    return _Expanded(tuple(sorted(numbers)), restricted)


def _item_numbers(item: _Part) -> range:
    """The numbers of one item of a list: `*`, a value or a range, with or without a step."""
    if not item.text:
        raise item.error("a list has an empty item; take out the comma")
    span, *steps = item.split("/")
    if len(steps) > 1:
        raise steps[1].error(f"{quoted(item.text)} has more than one step; write one, such as */15")
    step = _step(steps[0]) if steps else 1
    field = item.field
    if span.text == "*":
        return range(field.first, field.last + 1, step)
    ends = span.split("-")
    if len(ends) > 2:
        raise ends[2].error(f"{quoted(span.text)} is not a range; a range has two ends, such as 9-17")
    low, high = _number(ends[0]), _number(ends[-1])
    if low > high:
        raise span.error(_reversed_range_message(span, low, high, step))
    if len(ends) == 1 and steps:
        high = max(low, field.last)
    return range(low, high + 1, step)


def _step(part: _Part) -> int:
    if not re.fullmatch("[0-9]+", part.text) or int(part.text) == 0:
        raise part.error(f"{quoted(part.text)} is not a step; a step is a number greater than 0")
    return int(part.text)


def _number(part: _Part) -> int:
    field, text = part.field, part.text
    if not text:
        raise part.error("a range has a number on either side of the hyphen, such as 9-17")
    if re.fullmatch("[0-9]+", text) and field.first <= int(text) <= field.highest:
        return int(text)
    if text.upper() in field.names:
        return field.numbered(text.upper())
    raise part.error(f"{quoted(text)} is not {field.values}{_value_remedy(part)}")


_FOREIGN: Final[Mapping[str, str]] = {
    "?": "write * instead of ?",
    "#": "the n-th weekday of a month (#) is not supported; write the dates, such as 8-14 for the second, and "
    "name the weekday in callingHours.days",
    "L": "the last day of a month (L) is not supported",
    "W": "the weekday nearest to a date (W) is not supported",
    "H": "H, a time chosen for you, is not supported",
    "R": "R, a time chosen at random, is not supported",
}


def _value_remedy(part: _Part) -> str:
    field, text = part.field, part.text.upper()
    if text.isalpha() and text[:3] in field.names:
        return f"; write {text[:3]}"
    if text == "24" and field.name == "hour":
        return "; write 0 for midnight"
    sign = next((sign for sign in _FOREIGN if sign in re.sub("[A-Z]{3,}", "", text)), None)
    return f"; {_FOREIGN[sign]}" if sign else ""


def _reversed_range_message(span: _Part, low: int, high: int, step: int) -> str:
    """That a range must not run backwards, and the same numbers written forwards."""
    rule = f"{quoted(span.text)} runs backwards ({low} to {high})"
    return f"{rule}; write {' or '.join(_forwards(span, low, high, step))}"


def _forwards(span: _Part, low: int, high: int, step: int) -> Iterator[str]:
    field = span.field
    cycle = [*range(low, field.last + 1), *range(field.first, high + 1)][::step]
    if step > 1:
        yield _listed(cycle)
        return
    # Sunday may close the week as 7: FRI-SUN is 5-7.
    restart = 1 if field is _DAY_OF_WEEK else field.first
    yield ",".join(
        str(start) if start == end else f"{start}-{end}"
        for start, end in ((low, field.highest), (restart, high))
        if start <= end
    )
    if field.names and not span.text[0].isdigit():
        yield ",".join(field.names[number - field.first] for number in cycle)


_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _require_a_date(schedule: CronSchedule, word: _Part) -> None:
    """The calendar repeats itself: a date that no leap year has does not come in 10 years nor ever."""
    day = schedule.days_of_month[0]
    if day > max(_LONGEST_MONTH[month - 1] for month in schedule.months):
        raise word.error(f"no match in the next {YEARS_SEARCHED} years: none of its months has a day {day}")
