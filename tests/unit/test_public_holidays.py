"""Which dates are holidays, and what is said of a country or a part of it that is not known."""

import subprocess
import sys
from datetime import date

import pytest

from campaign_operator.domain.planning.public_holidays import (
    HolidayCalendar,
    holidays_version,
    read_holidays,
    unknown_country_message,
    unknown_subdivision_message,
)


@pytest.mark.parametrize(
    ("calendar", "day", "name"),
    [
        (HolidayCalendar("US"), date(2026, 11, 26), "Thanksgiving Day"),
        (HolidayCalendar("US"), date(2027, 7, 4), "Independence Day"),
        (HolidayCalendar("US"), date(2027, 7, 5), "Independence Day (observed)"),
        (HolidayCalendar("US"), date(2027, 12, 31), "New Year's Day (observed)"),
        (HolidayCalendar("US"), date(2027, 3, 2), None),
        (HolidayCalendar("US", "TX"), date(2027, 3, 2), "Texas Independence Day"),
        (HolidayCalendar("US", "TX"), date(2026, 11, 26), "Thanksgiving Day"),
        (HolidayCalendar("DE"), date(2027, 5, 6), "Ascension Day"),
        (HolidayCalendar("DE"), date(2027, 1, 6), None),
        (HolidayCalendar("DE", "BY"), date(2027, 1, 6), "Epiphany"),
        (HolidayCalendar("IN"), date(2036, 1, 26), "Republic Day"),
        (HolidayCalendar("LK"), date(2030, 2, 4), None),
    ],
    ids=str,
)
def test_the_public_holidays_of_a_country_and_of_a_part_of_it_with_the_days_on_which_they_are_observed(
    calendar: HolidayCalendar, day: date, name: str | None
) -> None:
    assert (day in calendar) is (name is not None)
    assert calendar.name_of(day) == name


@pytest.mark.parametrize(
    ("country", "hint"),
    [
        ("us", 'did you mean "US"?'),
        ("USA", 'did you mean "US"?'),
        ("UK", 'did you mean "GB"?'),
        ("Germany", 'did you mean "DE"?'),
        ("Germny", 'did you mean "DE"?'),
        ("united states", 'did you mean "US"?'),
        ("XX", "use a code of ISO 3166-1, such as US"),
        ("\u0000" * 64, "use a code of ISO 3166-1, such as US"),
    ],
)
def test_of_an_unknown_country_the_nearest_is_named(country: str, hint: str) -> None:
    message = unknown_country_message(country)
    assert message.endswith(hint)
    assert f"must be a country of the holidays package ({holidays_version()})" in message


@pytest.mark.parametrize(
    ("country", "subdivision", "hint"),
    [
        ("US", "Texas", 'did you mean "TX"?'),
        ("US", "US-TX", 'did you mean "TX"?'),
        ("US", "tx", 'did you mean "TX"?'),
        ("DE", "Bayern", 'did you mean "BY"?'),
        ("DE", "Bayren", 'did you mean "BY"?'),
        ("DE", "XX", "supported values: BB, BE, BW, BY,"),
        ("MC", "XX", "the holidays package has no subdivisions of MC; remove it"),
    ],
)
def test_of_an_unknown_subdivision_the_nearest_is_named(country: str, subdivision: str, hint: str) -> None:
    assert hint in unknown_subdivision_message(country, subdivision)


def test_what_is_read_beforehand_may_name_what_there_is_not() -> None:
    read_holidays([("XX", None, 2026), ("US", "XX", 2026), ("US", "TX", 2026), ("MC", None, 2026)])


def test_the_language_of_the_machine_changes_no_name() -> None:
    shown = "print(HolidayCalendar('DE').name_of(date(2026, 12, 25)))"
    code = f"from datetime import date; from {HolidayCalendar.__module__} import HolidayCalendar; {shown}"
    answer = subprocess.run(
        [sys.executable, "-c", code], env={"LANGUAGE": "uk"}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "Christmas Day"


def test_the_package_is_imported_only_for_a_campaign_that_names_a_country() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/unit'); from builders import blueprint, spec, NOW; "
        "blueprint().plan(NOW, 30); import campaign_operator.main; print('holidays' in sys.modules); "
        "blueprint(spec(callingHours={'holidays': [{'country': 'US'}]})); print('holidays' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "True"]
