"""The cron dialect: what each form means, and what is refused with which words."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_operator.domain.errors import SpecError
from campaign_operator.domain.planning.cron import parse_cron

ALL_MINUTES, ALL_HOURS = tuple(range(60)), tuple(range(24))
ALL_DATES, ALL_MONTHS, ALL_WEEKDAYS = tuple(range(1, 32)), tuple(range(1, 13)), tuple(range(7))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("*", ALL_MINUTES),
        ("*/1", ALL_MINUTES),
        ("0", (0,)),
        ("05", (5,)),
        ("0,30", (0, 30)),
        ("30,0,30", (0, 30)),
        ("5-8", (5, 6, 7, 8)),
        ("9-9", (9,)),
        ("9-9/4", (9,)),
        ("*/15", (0, 15, 30, 45)),
        ("5/15", (5, 20, 35, 50)),
        ("59/15", (59,)),
        ("5-20/5", (5, 10, 15, 20)),
        ("5-19/5", (5, 10, 15)),
        ("*/60", (0,)),
        ("*/100", (0,)),
        ("3/100", (3,)),
        ("3-7/99999999999999999999", (3,)),
        ("*/30,7", (0, 7, 30)),
        ("0-59", ALL_MINUTES),
    ],
)
def test_a_field_names_these_minutes(text: str, minutes: tuple[int, ...]) -> None:
    assert parse_cron(f"{text} * * * *").minutes == minutes


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0", (0,)),
        ("7", (0,)),
        ("sun", (0,)),
        ("1-5", (1, 2, 3, 4, 5)),
        ("mon-fri", (1, 2, 3, 4, 5)),
        ("MON-Fri/2", (1, 3, 5)),
        ("Mon,wED,5", (1, 3, 5)),
        ("5-7", (0, 5, 6)),
        ("FRI-7", (0, 5, 6)),
        ("0-7", ALL_WEEKDAYS),
        ("7-7", (0,)),
        ("1-7/2", (0, 1, 3, 5)),
        ("SUN-SAT", ALL_WEEKDAYS),
        ("*/2", (0, 2, 4, 6)),
        ("MON/2", (1, 3, 5)),
        ("5/1", (5, 6)),
        ("7/2", (0,)),
        ("4-SAT", (4, 5, 6)),
    ],
)
def test_a_day_of_week_is_a_number_or_an_english_name_and_seven_is_sunday(text: str, days: tuple[int, ...]) -> None:
    assert parse_cron(f"* * * * {text}").days_of_week == days


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("jan", (1,)),
        ("JAN-mar", (1, 2, 3)),
        ("Feb/5", (2, 7, 12)),
        ("*/5", (1, 6, 11)),
        ("DEC,1", (1, 12)),
        ("3-DEC/4", (3, 7, 11)),
    ],
)
def test_a_month_is_a_number_or_an_english_name(text: str, months: tuple[int, ...]) -> None:
    assert parse_cron(f"* * * {text} *").months == months


@pytest.mark.parametrize(
    ("descriptor", "same_as"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        (" \t@daily ", "0 0 * * *"),
        ("  0 9\t*  *\t 1-5\t", "0 9 * * 1-5"),
    ],
)
def test_a_descriptor_and_other_blanks_change_nothing_else(descriptor: str, same_as: str) -> None:
    assert parse_cron(descriptor).expanded == parse_cron(same_as).expanded


@pytest.mark.parametrize(
    ("text", "date_restricted", "weekday_restricted"),
    [
        ("0 0 * * *", False, False),
        ("0 0 */1 * */1", False, False),
        ("0 0 */01 * 1,*", False, False),
        ("0 0 1,* * 1", False, True),
        ("0 0 */2 * *", True, False),
        ("0 0 1-31 * 0-6", True, True),
        ("0 0 1 * 0-7", True, True),
        ("0 0 1/1 * sun/1", True, True),
    ],
)
def test_a_day_field_is_restricted_unless_a_part_of_it_is_a_star(
    text: str, date_restricted: bool, weekday_restricted: bool
) -> None:
    schedule = parse_cron(text)
    assert (schedule.day_of_month_restricted, schedule.day_of_week_restricted) == (
        date_restricted,
        weekday_restricted,
    )


REFUSED = {
    "nothing": ("", "has 0 fields; write minute, hour, day of month, month, day of week, such as 0 9"),
    "only blanks": (" \t ", "has 0 fields"),
    "four fields": ("0 9 * *", "has 4 fields; write minute"),
    "six fields": ("0 0 9 * * 1", "has 6 fields; seconds and years are not supported; write minute, hour"),
    "a line break at the end": ("0 9 * * 1\n", "character 10: a line break; write it on one line"),
    "a line break between fields": ("0 9\n* * 1", "character 4: a line break"),
    "a carriage return": ("0 9 * * 1\r", "character 10: a line break"),
    "a no-break space": ("0\u00a09 * * *", "character 2: U+00A0 is not allowed in cron"),
    "a digit of another script": ("\u0663 9 * * *", "character 1: U+0663"),
    "a letter that only looks like S": ("0 9 * * \u017fun", "character 9: U+017F"),
    "a NUL": ("0 9 * * 1\0", "character 10: U+0000"),
    "a time zone": ("TZ=Europe/London 0 9 * * *", "set spec.timeZone with startMode SameInstant"),
    "a time zone in the other form": ("CRON_TZ=UTC 0 9 * * *", "set spec.timeZone"),
    "a descriptor in capitals": ("@Daily", "in lower case; write @daily"),
    "an interval": ("@every 1h", "write a step, such as */15 * * * *"),
    "another descriptor": ("@reboot", "is not one of the descriptors @hourly, @daily"),
    "a descriptor and more": ("@daily *", "is not one of the descriptors"),
    "a descriptor within": ("0 9 * * @weekly", "day of week, character 9"),
    "a question mark": ("0 9 ? * 1", "day of month, character 5: ... is not a number from 1 to 31; write *"),
    "the last day": ("0 9 L * *", "day of month, character 5: ...last day of a month (L) is not supported"),
    "the last Friday": ("0 9 * * 5L", "day of week, character 9: ...is not supported"),
    "the nearest weekday": ("0 9 15W * *", "day of month, character 5: ...to a date (W) is not supported"),
    "the first Monday": ("0 9 * * MON#1", "day of week, character 9: ...n-th weekday of a month (#) is not"),
    "a hashed minute": ("H 9 * * *", "minute, character 1: ...chosen for you, is not supported"),
    "a hashed step": ("H/15 9 * * *", "minute, character 1: ...chosen for you, is not supported"),
    "a random hour": ("0 R * * *", "hour, character 3: ...at random, is not supported"),
    "Friday to Sunday": ("0 9 * * FRI-SUN", "day of week, character 9: ...write 5-7 or FRI,SAT,SUN"),
    "Saturday to Tuesday": ("0 9 * * sat-2", "character 9: ...write 6-7,1-2 or SAT,SUN,MON,TUE"),
    "Sunday as 7 to Tuesday": ("0 9 * * 7-2", "character 9: ...write 7,1-2"),
    "through midnight": ("0 22-6 * * *", "hour, character 3: ...write 22-23,0-6"),
    "through midnight by steps": ("0 22-6/2 * * *", "hour, character 3: ...write 22,0,2,4,6"),
    "through the new year": ("0 9 * nov-feb *", "month, character 7: ...write 11-12,1-2 or NOV,DEC,JAN,FEB"),
    "backwards in a list": ("0 9 * * 1,5-3", "day of week, character 11: ...write 5-7,1-3"),
    "minute 60": ("60 9 * * *", "minute, character 1: \"60\" is not a number from 0 to 59"),
    "hour 24": ("0 24 * * *", "hour, character 3: ...from 0 to 23; write 0 for midnight"),
    "day 0": ("0 9 0 * *", "day of month, character 5: ...from 1 to 31"),
    "day 32": ("0 9 1-32 * *", "day of month, character 7: ...from 1 to 31"),
    "month 0": ("0 9 * 0 *", "month, character 7: ...from 1 to 12"),
    "month 13": ("0 9 * 13 *", "month, character 7: ...from 1 to 12"),
    "weekday 8": ("0 9 * * 8", "day of week, character 9: ...from 0 to 7"),
    "a whole name": ("0 9 * * monday", "day of week, character 9: ...write MON"),
    "a day for a month": ("0 9 * tue *", "month, character 7: ...nor one of JAN, FEB"),
    "a name for a minute": ("mon 9 * * *", "minute, character 1: \"mon\" is not a number from 0 to 59"),
    "a signed number": ("+5 9 * * *", "minute, character 1"),
    "a negative number": ("-5 9 * * *", "minute, character 1: a range has a number on either side"),
    "a number with an underscore": ("1_0 9 * * *", "minute, character 1"),
    "a decimal": ("1.5 9 * * *", "minute, character 1"),
    "a huge number": (f"{'9' * 100} 9 * * *", "minute, character 1"),
    "a range without its end": ("5- 9 * * *", "minute, character 3: a range has a number on either side"),
    "a range of three": ("1-2-3 9 * * *", "minute, character 5: ...a range has two ends"),
    "a range from a star": ("*-5 9 * * *", "minute, character 1: \"*\" is not a number"),
    "two stars": ("** 9 * * *", "minute, character 1"),
    "no step": ("*/ 9 * * *", "minute, character 3: \"\" is not a step"),
    "the step 0": ("0 */0 * * *", "hour, character 5: \"0\" is not a step; a step is a number greater than 0"),
    "a step by name": ("0 9 * * 1/TUE", "day of week, character 11: ...is not a step"),
    "two steps": ("*/5/2 9 * * *", "minute, character 5: ...more than one step"),
    "an empty item": ("0 9 * * 1,,2", "day of week, character 11: a list has an empty item"),
    "a comma in front": ("0 9 * * ,1", "day of week, character 9: a list has an empty item"),
    "a comma at the end": ("0 9 1, * *", "day of month, character 7: a list has an empty item"),
    "31 February": ("0 0 31 2 *", "day of month, character 5: no match in the next 10 years: ...a day 31"),
    "30 February by a step": ("0 0 30/1 2 *", "no match in the next 10 years: ...has a day 30"),
    "the 31st of short months": ("0 0 31 2,4,6,9,11 */1", "no match in the next 10 years"),
    "129 characters": ("0 9 * * 1" + " " * 120, "Too long: must be at most 128 characters, but is 129"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_told_where_why_and_what_to_write(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=re.escape(words).replace(r"\.\.\.", ".*")) as caught:
        parse_cron(text)
    assert caught.value.field == "spec.cron"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("position", "first", "last"), [(0, 0, 59), (1, 0, 23), (2, 1, 31), (3, 1, 12), (4, 0, 7)])
def test_what_is_written_as_told_for_a_reversed_range_means_that_range(position: int, first: int, last: int) -> None:
    fields = ["*"] * 5
    for high in range(first, last):
        for low in range(high + 1, last + 1):
            fields[position] = f"{low}-{high}"
            with pytest.raises(SpecError) as caught:
                parse_cron(" ".join(fields))
            remedy = caught.value.message.rpartition("write ")[2]
            meant = {*range(low, last + 1), *range(first, high + 1)}
            fields[position] = remedy
            numbers = parse_cron(" ".join(fields))
            written = (
                numbers.minutes,
                numbers.hours,
                numbers.days_of_month,
                numbers.months,
                numbers.days_of_week,
            )[position]
            assert set(written) == ({day % 7 for day in meant} if position == 4 else meant), remedy


def test_128_characters_are_read() -> None:
    assert parse_cron("0 9 * * 1" + " " * 119).hours == (9,)


def test_half_a_megabyte_is_refused_at_once() -> None:
    began = time.perf_counter()
    for text in ("1," * 250_000, " " * 500_000, "@" * 500_000):
        with pytest.raises(SpecError, match="must be at most 128 characters, but is 500000"):
            parse_cron(text)
    assert time.perf_counter() - began < 0.1


@given(st.text(alphabet="0123456789*/,-?@LW# \tabcdefghijklmnopqrstuvwxyzMONFRI=", max_size=140))
@settings(max_examples=500, deadline=None)
def test_any_text_is_either_read_or_refused_in_one_line(text: str) -> None:
    try:
        answer = parse_cron(text).expanded
    except SpecError as error:
        answer = str(error)
    assert len(answer) < 1_000
    assert "\n" not in answer
